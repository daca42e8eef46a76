import { describe, expect, test } from "bun:test";
import { createPublicKey, verify } from "node:crypto";
import { newSigningSecret, openSigningKey, signingSecretFault } from "../../src/targets/signing-keys.ts";

const bytes = (count: number) => Buffer.alloc(count, 7).toString("base64");

describe("a secret for HMAC", () => {
  test("is whsec_ and 24 to 64 bytes in base64", () => {
    for (const count of [24, 32, 64]) expect(signingSecretFault("v1", `whsec_${bytes(count)}`)).toBeNull();
    for (const [wrong, fault] of [
      [bytes(32), "whsec_"],
      [`whsk_${bytes(32)}`, "whsec_"],
      ["whsec_", "24 to 64"],
      [`whsec_${bytes(23)}`, "24 to 64"],
      [`whsec_${bytes(65)}`, "24 to 64"],
      [`whsec_${bytes(32)} `, "base64"],
      ["whsec_hunter2!", "base64"],
    ] as const) {
      const said = signingSecretFault("v1", wrong) ?? "";
      expect(said).toContain(fault);
      expect(said).not.toContain("hunter2");
      expect(() => openSigningKey("v1", wrong)).toThrow();
    }
  });

  test("is generated anew each time, and long enough", () => {
    const [one, other] = [newSigningSecret("v1"), newSigningSecret("v1")];
    expect(one).not.toBe(other);
    expect(Buffer.from(one.slice("whsec_".length), "base64")).toHaveLength(32);
    expect([signingSecretFault("v1", one), openSigningKey("v1", one).publicKey]).toEqual([null, null]);
  });

  test("signs the specification's example correctly", () => {
    const key = openSigningKey("v1", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    const body = new TextEncoder().encode('{"test": 2432232314}');
    const signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.", body);
    expect(signature).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });
});

describe("a key for ed25519", () => {
  test("derives its public key, which verifies its signatures", () => {
    const key = openSigningKey("v1a", newSigningSecret("v1a"));
    const [prefix, rest = ""] = (key.publicKey ?? "").split("_");
    const raw = Buffer.from(rest, "base64");
    expect([prefix, raw.length]).toEqual(["whpk", 32]);
    const body = new Uint8Array([0xff, 0x00, 0x2e]);
    const [version, signature = ""] = key.sign("id.1.", body).split(",");
    const jwk = { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    const signed = Buffer.concat([Buffer.from("id.1."), body]);
    expect(version).toBe("v1a");
    expect(verify(null, signed, publicKey, Buffer.from(signature, "base64"))).toBe(true);
    expect(verify(null, Buffer.concat([signed, body]), publicKey, Buffer.from(signature, "base64"))).toBe(
      false,
    );
  });

  test("signs as RFC 8032 defines", () => {
    const seed = Buffer.from("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "hex");
    const key = openSigningKey("v1a", `whsk_${seed.toString("base64")}`);
    const publicKey = Buffer.from("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "hex");
    expect(key.publicKey).toBe(`whpk_${publicKey.toString("base64")}`);
    const signature = Buffer.from(key.sign("", Buffer.from("af82", "hex")).slice("v1a,".length), "base64");
    expect(signature.toString("hex")).toStartWith("6291d657deec24024827e69c3abe01a30ce548a284743a44");
  });

  test("can include its public key, which must belong to it", () => {
    const seed = Buffer.alloc(32, 7);
    const { publicKey } = openSigningKey("v1a", `whsk_${seed.toString("base64")}`);
    const own = Buffer.from(publicKey?.slice("whpk_".length) ?? "", "base64");
    const long = (half: Buffer) => `whsk_${Buffer.concat([seed, half]).toString("base64")}`;
    expect(signingSecretFault("v1a", long(own))).toBeNull();
    expect(openSigningKey("v1a", long(own)).publicKey).toBe(publicKey);
    expect(signingSecretFault("v1a", long(Buffer.alloc(32, 1)))).toContain("belongs to its private key");
    expect(signingSecretFault("v1a", `whsk_${bytes(31)}`)).toContain("32 bytes");
    expect(signingSecretFault("v1a", `whsec_${bytes(32)}`)).toContain("whsk_");
  });
});
