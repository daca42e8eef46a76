import { describe, expect, test } from "bun:test";
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createTestProviders } from "../support/providers.ts";
import { NOW, requestOf, URL_CALLED } from "./sample.ts";

const providers = createTestProviders();
const SHORT = new Uint8Array(1024);
const LONG = new Uint8Array(2 * 1024 * 1024);
const SECONDS = String(Math.floor(NOW / 1_000));

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const rawKey = (key: KeyObject) => Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
const otherKey = rawKey(generateKeyPairSync("ed25519").publicKey).toString("base64");
const shownKey = rawKey(publicKey).toString("base64");
const wrongSignatures = (count: number) =>
  Array.from({ length: count }, (_, at) => Buffer.alloc(64, at + 1).toString("base64"));

type Case = Readonly<{
  type: string;
  config: Record<string, unknown>;
  /** Its last signature is right, after as many wrong ones as are looked at. */
  headers: (body: Uint8Array) => Record<string, string>;
  query?: string;
  /** How often a body is hashed to find that. */
  steps: number;
}>;

const CASES: readonly Case[] = [
  {
    type: "standard-webhooks",
    config: { secret: `whpk_${otherKey}`, previous_secret: `whpk_${shownKey}` },
    headers(body) {
      const signed = Buffer.concat([Buffer.from(`1.${SECONDS}.`), body]);
      const all = [...wrongSignatures(15), sign(null, signed, privateKey).toString("base64")];
      const list = all.map((each) => `v1a,${each}`).join(" ");
      return { "webhook-id": "1", "webhook-timestamp": SECONDS, "webhook-signature": list };
    },
    steps: 32,
  },
  {
    type: "public-key",
    config: { public_key: otherKey, previous_public_key: shownKey, header: "X-S" },
    headers: (body) => ({
      "X-S": [...wrongSignatures(3), sign(null, body, privateKey).toString("base64")].join(","),
    }),
    steps: 8,
  },
  {
    type: "hmac",
    config: { secret: "other", previous_secret: "known", header: "X-S", template: "{url}{body}" },
    // Signed with the last of the forms in which this URL can be read.
    headers: (body) => ({
      "X-S": createHmac("sha256", "known").update(`${URL_CALLED}?a=%22:'!`).update(body).digest("hex"),
    }),
    query: "a=%22%3A%27%21",
    steps: 8,
  },
];

describe("verification that hashes the body many times", () => {
  for (const { type, config, headers, query = "", steps } of CASES) {
    const verifier = providers.get(type).prepare(config);
    const url = query === "" ? URL_CALLED : `${URL_CALLED}?${query}`;
    const ask = (body: Uint8Array) => requestOf({ body, headers: headers(body) }, { url });

    test(`is done at once for a short body: ${type}`, () => {
      expect(verifier.verify(ask(SHORT))).toEqual({ accepted: true });
    });

    test(`gives other work its turn between the hashes of a long body: ${type}`, async () => {
      const request = ask(LONG);
      let turns = 0;
      let isOver = false;
      const takeTurn = () => {
        turns++;
        if (!isOver) setImmediate(takeTurn);
      };
      setImmediate(takeTurn);
      const verdict = await verifier.verify(request);
      isOver = true;
      expect(verdict).toEqual({ accepted: true });
      expect(turns).toBeGreaterThanOrEqual(steps - 1);
    });
  }
});
