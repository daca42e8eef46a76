import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createListReader, MAX_SIGNATURES } from "../../src/verification/hmac/signature-list.ts";

const hexOf = (number: number) => number.toString(16).padStart(64, "0");
const bytesOf = (number: number) => Buffer.from(hexOf(number), "hex");

describe("a list of signatures", () => {
  test("is read with any separators, spaces, keys and prefixes that its form names", () => {
    const forms = fc.record({
      numbers: fc.array(fc.nat(), { minLength: 1, maxLength: MAX_SIGNATURES }),
      separator: fc.constantFrom(undefined, ",", ";", "|", ".", "&", " ", ",;"),
      blanks: fc.constantFrom("", " ", "  ", "\t"),
      prefix: fc.constantFrom(undefined, "sha256=", "v1=", "v1,", "HMAC ", "sig:"),
      key: fc.constantFrom(undefined, "v1", "signature"),
      keySeparator: fc.constantFrom(undefined, ":", "="),
      encoding: fc.constantFrom("hex", "base64", "base64url"),
      withTime: fc.boolean(),
    });
    fc.assert(
      fc.property(forms, ({ numbers, separator, blanks, prefix, key, keySeparator, encoding, withTime }) => {
        const between = separator?.at(-1) ?? ",";
        fc.pre(!(prefix ?? "").includes(between));
        // With a space inside an item, as after "HMAC", only the separator separates.
        fc.pre(between !== " " || !(prefix ?? "").includes(" "));
        const mark = keySeparator ?? "=";
        const items = numbers.map((number) => {
          const signature = `${prefix ?? ""}${bytesOf(number).toString(encoding)}`;
          return key === undefined ? signature : `${key}${mark}${signature}`;
        });
        if (key !== undefined && withTime) items.unshift(`t${mark}17`);
        const read = createListReader({
          encoding,
          prefix,
          separator,
          keySeparator,
          ...(key !== undefined && { signatureKeys: [key], timestampKey: "t" }),
        });
        const list = read(items.join(`${blanks}${between}${blanks}`));
        expect(list.signatures).toEqual(numbers.map(bytesOf));
        expect(list.timestamps).toEqual(key !== undefined && withTime ? ["17"] : []);
      }),
    );
  });

  test("may have a space after a prefix that has none", () => {
    for (const prefix of ["HMAC", "HMAC "]) {
      const read = createListReader({ encoding: "hex", prefix });
      expect(read(`HMAC ${hexOf(7)}`).signatures).toEqual([bytesOf(7)]);
      expect(read(`HMAC ${hexOf(7)}, HMAC ${hexOf(8)}`).signatures).toEqual([bytesOf(7), bytesOf(8)]);
      for (const text of [hexOf(7), `Bearer ${hexOf(7)}`, "HMAC", "HMAC HMAC", `HMACS ${hexOf(7)}`])
        expect([text, read(text).signatures]).toEqual([text, []]);
    }
  });

  test("is read up to the sixteenth signature", () => {
    const read = createListReader({ encoding: "hex", prefix: "v1=" });
    const items = Array.from({ length: MAX_SIGNATURES + 1 }, (_, index) => `v1=${hexOf(index)}`);
    expect(read(items.join(",")).signatures).toEqual(items.slice(0, 16).map((_, index) => bytesOf(index)));
  });

  test("with ten thousand pairs is read only at its beginning, with at most two timestamps", () => {
    const read = createListReader({ encoding: "hex", signatureKeys: ["v1"], timestampKey: "t" });
    expect(read("v1=ab,".repeat(10_000)).signatures).toHaveLength(16);
    // 64 items of any kind are read.
    expect(read(`${"x=1,".repeat(63)}v1=ab`).signatures).toHaveLength(1);
    expect(read(`${"x=1,".repeat(64)}v1=ab`).signatures).toEqual([]);
    expect(read("t=1,t=2,t=2,t=3,v1=ab").timestamps).toEqual(["1", "2"]);
  });

  test("has no signatures under other keys, prefixes or forms", () => {
    const read = createListReader({ encoding: "hex", signatureKeys: ["v1"], timestampKey: "t" });
    for (const text of ["", ",", "v0=ab", "ab", "v1", "v1=", "v1=abc", "v1=zz", "V1=ab", "=ab", "t=ab"])
      expect([text, read(text).signatures.length]).toEqual([text, 0]);
    const prefixed = createListReader({ encoding: "hex", prefix: "sha256=" });
    for (const text of ["ab", "sha1=ab", "sha256=", "sha256=abc", `sha256=${"ab".repeat(700)}`])
      expect([text, prefixed(text).signatures.length]).toEqual([text, 0]);
  });
});
