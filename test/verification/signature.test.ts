import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode, decodeKey, ENCODINGS, type Encoding } from "../../src/verification/hmac/signature.ts";

function encode(bytes: Uint8Array, encoding: Encoding): string {
  const buffer = Buffer.from(bytes);
  return encoding === "base64-of-hex"
    ? Buffer.from(buffer.toString("hex")).toString("base64")
    : buffer.toString(encoding);
}

describe("a signature", () => {
  test("is decoded from an encoder's output", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.constantFrom(...ENCODINGS), (bytes, encoding) => {
        const text = encode(bytes, encoding);
        expect(decode(text, encoding)).toEqual(Buffer.from(bytes));
        expect(decode(text.replace(/=+$/, ""), encoding)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test("is refused in any other form, except for padding and hex case", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."09afAFgzZ+/-_= \n\u00ff"), maxLength: 9 });
    fc.assert(
      fc.property(letters, fc.constantFrom(...ENCODINGS), (text, encoding) => {
        const bytes = decode(text, encoding);
        const same = (one: string) => {
          const bare = one.replace(/=+$/, "");
          return encoding === "hex" ? bare.toLowerCase() : bare;
        };
        if (bytes !== null && encoding !== "base64-of-hex")
          expect(same(encode(bytes, encoding))).toBe(same(text));
      }),
    );
  });

  test("is refused with an odd number of digits, a wrong length, or bits beyond its bytes", () => {
    for (const text of ["a", "abc", "0".repeat(63), "0x00", "00 11"]) expect(decode(text, "hex")).toBeNull();
    for (const text of ["A", "AAAAA", "AB", "AAB", "AA=", "AAA==", "=", "==", "A===", "AA-_", "AA\n="])
      expect([text, decode(text, "base64")]).toEqual([text, null]);
    expect(decode("AA+/", "base64url")).toBeNull();
    expect(decode(Buffer.from("abc").toString("base64"), "base64-of-hex")).toBeNull();
    expect(decode(Buffer.from("zz").toString("base64"), "base64-of-hex")).toBeNull();
  });

  test("has one text only: another last character makes it invalid or different", () => {
    const right = Buffer.alloc(32, 200).toString("base64");
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const others = [...letters].map((letter) => `${right.slice(0, 42)}${letter}=`);
    const same = others.filter((text) => decode(text, "base64")?.at(-1) === 200);
    expect(same).toEqual([right]);
  });
});

test("a truncated key that is in use still works", () => {
  expect(decodeKey("abc", "hex")).toEqual(Buffer.from([0xab]));
  expect(decodeKey("AAAAA", "base64")).toEqual(Buffer.from([0, 0, 0]));
  expect(decodeKey("no!", "base64")).toBeNull();
});
