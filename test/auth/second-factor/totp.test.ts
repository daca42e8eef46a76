/** Codes are those of RFC 6238, and of another implementation. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Secret, TOTP, URI } from "otpauth";
import { findStep, newTotpSecret, stepAt, totpCode, totpUri } from "../../../src/auth/second-factor/totp.ts";
import { fromBase32, toBase32 } from "../../../src/lib/base32.ts";

/** The key of the RFC's appendix B: "12345678901234567890". */
const RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

describe("a code", () => {
  test.each([
    [59, "94287082"],
    [1_111_111_109, "07081804"],
    [1_111_111_111, "14050471"],
    [1_234_567_890, "89005924"],
    [2_000_000_000, "69279037"],
    [20_000_000_000, "65353130"],
  ])("at second %d is that of RFC 6238, appendix B", (second, code) => {
    const step = stepAt(second * 1_000);
    expect(totpCode(RFC_SECRET, step, 8)).toBe(code);
    expect(totpCode(RFC_SECRET, step)).toBe(code.slice(2));
  });

  test("is that of another implementation, for any secret and time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (at) => {
        const secret = newTotpSecret();
        const theirs = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });
        expect(totpCode(secret, stepAt(at))).toBe(theirs);
        expect(findStep(secret, theirs, at)).toBe(stepAt(at));
      }),
    );
  });

  test("is found in the step before and after, and in no other", () => {
    const now = 1_700_000_000_000;
    const found = [-2, -1, 0, 1, 2].map((by) => {
      const step = stepAt(now) + by;
      return findStep(RFC_SECRET, totpCode(RFC_SECRET, step), now) === step;
    });
    expect(found).toEqual([false, true, true, true, false]);
    for (const wrong of ["", "000000", "12345", "1234567", "abcdef", "٠٠٠٠٠٠"]) {
      expect(findStep(RFC_SECRET, wrong, now)).toBeNull();
    }
  });
});

test("the URI is read by another implementation as it is meant", () => {
  const secret = newTotpSecret();
  const uri = totpUri({ secret, username: "ada+ops@example.com", host: "hooks.example.com:8443" });
  const read = URI.parse(uri);
  expect([read.issuer, read.label]).toEqual(["webhooker hooks.example.com 8443", "ada+ops@example.com"]);
  expect(read.secret.base32).toBe(secret);
  expect(uri).toStartWith("otpauth://totp/webhooker%20hooks.example.com%208443:ada%2Bops%40example.com?");
  expect(Object.fromEntries(new URL(uri).searchParams)).toEqual({
    secret,
    issuer: "webhooker hooks.example.com 8443",
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  });
});

describe("base32", () => {
  test.each([
    ["", ""],
    ["f", "MY"],
    ["fo", "MZXQ"],
    ["foo", "MZXW6"],
    ["foob", "MZXW6YQ"],
    ["fooba", "MZXW6YTB"],
    ["foobar", "MZXW6YTBOI"],
  ])("of %p is that of RFC 4648, chapter 10", (text, encoded) => {
    expect(toBase32(Buffer.from(text))).toBe(encoded);
    expect(Buffer.from(fromBase32(encoded)).toString()).toBe(text);
  });

  test("comes back as it was, and nothing else is read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(fromBase32(toBase32(bytes))).toEqual(bytes);
      }),
    );
    for (const text of ["a", "1", "MZXW6===", "M Y"]) expect(() => fromBase32(text)).toThrow();
  });
});
