import { describe, expect, test } from "bun:test";
import { createHash, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readPublicKey } from "../../src/verification/public-keys/key-reader.ts";
import { createTestProviders } from "../support/providers.ts";
import { PUBLIC_KEY_SAMPLES, SHOWN } from "./public-key-samples.ts";
import { NOW, requestOf, URL_CALLED } from "./sample.ts";
import { json } from "./samples.ts";

const providers = createTestProviders();
const TOKEN = "a-token-of-at-least-thirty-two-letters";

describe("a public key", () => {
  test("is read in each format that providers use, including certificates", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 }).publicKey;
    const ed25519 = generateKeyPairSync("ed25519").publicKey;
    for (const [key, form] of [
      ...(["pem", "oneLine", "der", "pkcs1"] as const).map((each) => [rsa, each] as const),
      ...(["pem", "oneLine", "der", "bareBase64", "bareHex"] as const).map(
        (each) => [ed25519, each] as const,
      ),
    ])
      expect([form, readPublicKey(` ${SHOWN[form](key)}\n`)?.equals(key)]).toEqual([form, true]);
    const certificate = readFileSync(join(import.meta.dir, "../support/tls/paypal.crt"), "utf8");
    expect(readPublicKey(certificate)?.type).toBe("public");
  });

  test("is refused if it is a private key, another kind, too short, or not a key", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const x25519 = generateKeyPairSync("x25519").publicKey;
    const short = generateKeyPairSync("rsa", { modulusLength: 512 }).publicKey;
    const texts = [
      pem,
      SHOWN.pem(x25519),
      SHOWN.pem(short),
      "",
      "a",
      "AAAA",
      "00".repeat(31),
      "-----BEGIN PUBLIC KEY-----",
    ];
    for (const text of [...texts, `${SHOWN.pem(x25519)}\n${SHOWN.pem(x25519)}`])
      expect([text, readPublicKey(text)]).toEqual([text, null]);
  });
});

describe("the generic public-key provider", () => {
  const [sample] = PUBLIC_KEY_SAMPLES;
  const faultsOf = (config: Record<string, unknown>) =>
    providers
      .get("public-key")
      .configSchema.safeParse({ public_key: sample?.keys.current, header: "X-Signed", ...config })
      .error?.issues.map(({ path }) => path[0]);

  test("is refused if the scheme proves nothing or is impossible", () => {
    expect(faultsOf({})).toBeUndefined();
    expect(faultsOf({ template: "{timestamp}", timestamp_header: "X-Time" })).toEqual(["template"]);
    expect(faultsOf({ template: "{timestamp}{body}" })).toEqual(["timestamp_header"]);
    expect(faultsOf({ template: "{id}{body}" })).toEqual(["id_header"]);
    expect(faultsOf({ tolerance_seconds: 5 })).toEqual(["tolerance_seconds"]);
    expect(faultsOf({ timestamp_key: "t", template: "{timestamp}{body}" })).toEqual(["signature_key"]);
    expect(faultsOf({ public_key: "a secret" })).toEqual(["public_key"]);
  });

  test("refuses RSA signatures with another padding or hash than configured", async () => {
    const rsa = PUBLIC_KEY_SAMPLES.filter(
      ({ keys, type }) => type === "public-key" && keys.current.length > 300,
    );
    expect(rsa.length).toBe(2);
    for (const { sign, keys, config, body } of rsa) {
      const sent = await sign({
        body: new TextEncoder().encode(body),
        at: NOW,
        key: keys.current,
        url: URL_CALLED,
      });
      for (const other of [
        { padding: "pkcs1", hash: "sha512" },
        { padding: "pss", hash: "sha512" },
        { hash: "sha256" },
      ]) {
        const settings = { ...config(keys.current), ...other };
        const isRight =
          (config(keys.current).padding ?? "pkcs1") === (settings.padding ?? "pkcs1") &&
          settings.hash === "sha512";
        const { accepted } = await providers.get("public-key").prepare(settings).verify(requestOf(sent));
        expect([other, accepted]).toEqual([other, isRight]);
      }
    }
  });
});

describe("eBay", () => {
  const verifier = (config = {}) => providers.get("ebay").prepare({ verification_token: TOKEN, ...config });
  const asked = (query: string, method = "GET") =>
    requestOf({ headers: {}, query, body: new Uint8Array() }, { method });

  test("gets the hash of its code, the token and the URL without its query", () => {
    const endpoint = URL_CALLED.split("?")[0] ?? "";
    const challengeResponse = createHash("sha256").update(`a8628072${TOKEN}${endpoint}`).digest("hex");
    expect(verifier().unsignedHandshake?.(asked("challenge_code=a8628072"))).toEqual({
      status: 200,
      contentType: "application/json",
      body: json({ challengeResponse }),
    });
    for (const other of [asked(""), asked("challenge_code="), asked(`challenge_code=${"x".repeat(2_001)}`)])
      expect(verifier().unsignedHandshake?.(other)).toBeNull();
    expect(verifier().unsignedHandshake?.(asked("challenge_code=a", "POST"))).toBeNull();
  });

  test("has its key id named until the key is entered, and hostile ids are not repeated", async () => {
    const by = async (header: unknown) => {
      const text = Buffer.from(typeof header === "string" ? header : json(header)).toString("base64");
      const request = requestOf({ body: new Uint8Array(), headers: { "x-ebay-signature": text } });
      const verdict = await verifier().verify(request);
      return verdict.accepted ? null : verdict.reason;
    };
    expect(await by({ kid: "9936261a-7d7b", signature: "AAAA" })).toContain(
      "the key 9936261a-7d7b. Fetch it",
    );
    for (const kid of ["<script>", "", "x".repeat(101), 1, "a b"])
      expect(await by({ kid, signature: "AAAA" })).toContain("does not contain a signature");
    for (const header of [
      "{",
      "[]",
      "null",
      { kid: "a" },
      { kid: "a", signature: "%" },
      { kid: "a", signature: 1 },
    ])
      expect(await by(header)).toContain("does not contain a signature");
  });
});
