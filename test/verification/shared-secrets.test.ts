import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createTestProviders } from "../support/providers.ts";
import { requestOf } from "./sample.ts";

const providers = createTestProviders();
const NO_BODY = new Uint8Array();

/** A header as the runtime provides it: one character per byte. */
const onWire = (text: string, encoding: "utf8" | "latin1") => Buffer.from(text, encoding).toString("latin1");

const escaped = (text: string, encoding: "utf8" | "latin1") =>
  [...Buffer.from(text, encoding)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

/** How each type sends a secret. */
const WAYS = [
  { type: "bearer", config: {}, headers: (text: string) => ({ Authorization: `Bearer ${text}` }) },
  { type: "api-key", config: { name: "X-Key" }, headers: (text: string) => ({ "X-Key": text }) },
  { type: "okta", config: {}, headers: (text: string) => ({ Authorization: text }) },
  { type: "gitlab", config: {}, headers: (text: string) => ({ "X-Gitlab-Token": text }) },
  {
    type: "basic",
    config: { username: "jürgen" },
    headers: (text: string) => ({
      Authorization: `Basic ${Buffer.from(`${onWire("jürgen", "utf8")}:${text}`, "latin1").toString("base64")}`,
    }),
  },
] as const;

async function isAccepted(type: string, config: Record<string, unknown>, headers: Record<string, string>) {
  return (
    await providers
      .get(type)
      .prepare(config)
      .verify(requestOf({ headers, body: NO_BODY }))
  ).accepted;
}

describe("a secret with non-ASCII characters", () => {
  for (const { type, config, headers } of WAYS)
    test(`matches in UTF-8 and in ISO 8859-1, as ${type}`, async () => {
      for (const secret of ["pässwörd", "à", "naïve-\u00a0-x", "ÿ"]) {
        const set = { ...config, secret };
        expect([secret, await isAccepted(type, set, headers(onWire(secret, "utf8")))]).toEqual([
          secret,
          true,
        ]);
        expect([secret, await isAccepted(type, set, headers(onWire(secret, "latin1")))]).toEqual([
          secret,
          true,
        ]);
        for (const other of ["passw?rd", "pässword", secret.slice(1), `${secret}x`])
          expect(await isAccepted(type, set, headers(onWire(other, "utf8")))).toBe(false);
      }
      expect(await isAccepted(type, { ...config, secret: "€uro" }, headers(onWire("€uro", "utf8")))).toBe(
        true,
      );
      expect(await isAccepted(type, { ...config, secret: "€uro" }, headers("\u00acuro"))).toBe(false);
    });

  test("may be a user name", async () => {
    const by = (encoding: "utf8" | "latin1", name: string) =>
      isAccepted(
        "basic",
        { username: "jürgen", secret: "a:b" },
        { Authorization: `Basic ${Buffer.from(`${name}:a:b`, encoding).toString("base64")}` },
      );
    expect([await by("utf8", "jürgen"), await by("latin1", "jürgen")]).toEqual([true, true]);
    expect([await by("utf8", "jurgen"), await by("latin1", ""), await by("utf8", "jürge")]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("matches in a query too, escaped in either encoding", async () => {
    const verifier = providers.get("api-key").prepare({ secret: "clé +1", place: "query", name: "key" });
    const by = async (query: string) =>
      (await verifier.verify(requestOf({ headers: {}, body: NO_BODY, query }))).accepted;
    for (const encoding of ["utf8", "latin1"] as const) {
      expect(await by(`a=1&key=${escaped("clé +1", encoding)}`)).toBe(true);
      expect(await by(`key=${escaped("cle +1", encoding)}`)).toBe(false);
    }
    expect(await by(`k%65y=cl%C3%A9+%2B1`)).toBe(true);
    for (const query of [
      "",
      "key",
      "key=",
      "key=%",
      "key=%C3",
      "other=cl%C3%A9+%2B1",
      "key=x&key=cl%C3%A9+%2B1",
    ])
      expect([query, await by(query)]).toEqual([query, false]);
  });
});

describe("a secret that no request can carry", () => {
  const faultsOf = (type: string, config: Record<string, unknown>) => {
    const { configSchema, inputSchema = configSchema } = providers.get(type);
    return inputSchema.safeParse(config).error?.issues.map(({ path }) => path[0]);
  };

  test("is refused on save, naming its field", () => {
    for (const secret of ["two words", "Bearer abc", "a\tb", "a\nb", "a\0b"]) {
      expect([secret, faultsOf("bearer", { secret })]).toEqual([secret, ["secret"]]);
      expect(faultsOf("bearer", { secret: "a", previous_secret: secret })).toEqual(["previous_secret"]);
    }
    for (const secret of ["a\nb", "a\r\nb", "a\u0007b"]) {
      for (const type of ["api-key", "okta", "gitlab"])
        expect([type, faultsOf(type, { secret })]).toEqual([type, ["secret"]]);
      expect(faultsOf("api-key", { secret, place: "query", name: "key" })).toBeUndefined();
      expect(faultsOf("basic", { secret, username: "a" })).toBeUndefined();
    }
    expect(faultsOf("api-key", { secret: "two words" })).toBeUndefined();
  });

  test("does not disable a good one stored beside it", async () => {
    const config = { secret: "good", previous_secret: "two words" };
    expect(await isAccepted("bearer", config, { Authorization: "Bearer good" })).toBe(true);
  });

  test("is refused, and no other secret is", async () => {
    const letters = fc.string({
      unit: fc.constantFrom(..."aZ9-._~+/= \t\n\u0001é€\u00a0"),
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(letters, async (text) => {
        const secret = text.trim();
        fc.pre(secret !== "");
        const canCome = [...secret].every((letter) => letter >= " " || letter === "\t");
        const matches =
          canCome &&
          (await isAccepted("bearer", { secret }, { Authorization: `Bearer ${onWire(secret, "utf8")}` }));
        expect(faultsOf("bearer", { secret }) === undefined).toBe(matches);
      }),
    );
  });
});
