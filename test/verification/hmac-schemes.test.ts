import { describe, expect, test } from "bun:test";
import { createTestProviders } from "../support/providers.ts";
import { SCHEMES } from "./hmac-schemes.ts";
import { NOW, requestOf } from "./sample.ts";
import { type Scheme, signBy } from "./scheme-signing.ts";

const provider = createTestProviders().get("hmac");
const KEY = "the-key-that-is-valid";
const OTHER = "the-key-that-follows!";

function secretOf({ config }: Scheme, key: string): string {
  const { secret_encoding: encoding } = config;
  return encoding === "hex" || encoding === "base64" ? Buffer.from(key).toString(encoding) : key;
}

type Sent = ReturnType<typeof signBy>;

/** A header as received from a socket: each byte of a non-ASCII character is one character. */
function requestFrom({ headers, query, body }: Sent) {
  const wire = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString("latin1")]);
  return requestOf({ headers: Object.fromEntries(wire), query, body: new TextEncoder().encode(body) });
}

for (const [name, scheme] of Object.entries(SCHEMES)) {
  describe(`${name}:`, () => {
    const config = { secret: secretOf(scheme, KEY), ...scheme.config };
    const verifier = provider.prepare((provider.inputSchema ?? provider.configSchema).parse(config));
    const isAccepted = async (sent: Sent) => (await verifier.verify(requestFrom(sent))).accepted;
    const signed = (changes: Partial<Parameters<typeof signBy>[0]> = {}) =>
      signBy({ scheme, key: KEY, at: NOW, ...changes });

    test("a valid signature is accepted", async () => {
      expect(await verifier.verify(requestFrom(signed()))).toEqual({ accepted: true });
    });

    test("another key's signature is refused, as is one changed bit", async () => {
      expect(await isAccepted(signed({ key: OTHER }))).toBe(false);
      expect(await isAccepted(signed({ spoil: true }))).toBe(false);
    });

    test("a signature of another body is refused, as is a missing one", async () => {
      const [one, other] = [signed(), signed({ text: "another" })];
      expect(await isAccepted({ ...one, body: other.body.replace(/"additionalData".*/, '"a":1}') })).toBe(
        false,
      );
      expect(await isAccepted({ headers: {}, query: "", body: "{}" })).toBe(false);
      for (const header of Object.keys(one.headers)) {
        const { [header]: _, ...rest } = one.headers;
        expect(await isAccepted({ ...one, headers: rest })).toBe(false);
      }
    });

    if (scheme.untimed !== true)
      test("a timestamp other than the signed one is refused, as is an old one", async () => {
        const [one, later] = [signed(), signed({ at: NOW + 1_000 })];
        const mixed = Object.entries(one.headers).map(([header, value]) => {
          // Digits of a signature stay unchanged.
          const time = /(?<![0-9a-z])\d{10,13}(?![0-9a-z])/gi;
          const moved = value.replace(time, (digits) => String(Number(digits) + 7));
          return [header, header === "x-ms-date" ? later.headers[header] : moved];
        });
        expect(await isAccepted({ ...one, headers: Object.fromEntries(mixed) })).toBe(false);
        if (scheme.config.tolerance_seconds === undefined) return;
        for (const at of [NOW - 302_000, NOW + 302_000]) expect(await isAccepted(signed({ at }))).toBe(false);
        for (const at of [NOW - 298_000, NOW + 298_000]) expect(await isAccepted(signed({ at }))).toBe(true);
      });
  });
}
