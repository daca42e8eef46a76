/** A device with one passkey, in software: it answers as browsers do (WebAuthn level 3, without attestation). */
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

type Asked = Readonly<{ challenge: string; origin: string; rpId: string }>;

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest();
const base64url = (data: Uint8Array) => Buffer.from(data).toString("base64url");

/** Flags of the authenticator's data (6.1): the user is present, verified, and key data are attached. */
const PRESENT = 1;
const VERIFIED = 4;
const WITH_KEY = 64;

export function createVirtualDevice() {
  const id = randomBytes(32);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let counter = 0;

  function clientData(type: string, { challenge, origin }: Asked): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  function authenticatorData(rpId: string, flags: number): Buffer {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(++counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count]);
  }

  /** COSE_Key of ES256 as CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
  function coseKey(): Buffer {
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    const point = (label: number, value: string) =>
      Buffer.concat([Buffer.from([label, 0x58, 32]), Buffer.from(value, "base64url")]);
    return Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01]),
      point(0x21, x),
      point(0x22, y),
    ]);
  }

  const answer = (response: Record<string, string>) =>
    JSON.stringify({
      id: base64url(id),
      rawId: base64url(id),
      type: "public-key",
      clientExtensionResults: {},
      authenticatorAttachment: "platform",
      response,
    });

  return {
    id: base64url(id),
    create(asked: Asked, flags = PRESENT | VERIFIED): string {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const authData = Buffer.concat([
        authenticatorData(asked.rpId, flags | WITH_KEY),
        Buffer.alloc(16),
        length,
        id,
        coseKey(),
      ]);
      const size = Buffer.alloc(2);
      size.writeUInt16BE(authData.length);
      // {"fmt": "none", "attStmt": {}, "authData": …}
      const attestationObject = Buffer.concat([
        Buffer.from([0xa3]),
        Buffer.from("\x63fmt\x64none\x67attStmt", "latin1"),
        Buffer.from([0xa0]),
        Buffer.from("\x68authData", "latin1"),
        Buffer.from([0x59]),
        size,
        authData,
      ]);
      return answer({
        clientDataJSON: base64url(clientData("webauthn.create", asked)),
        attestationObject: base64url(attestationObject),
      });
    },
    get(asked: Asked, flags = PRESENT | VERIFIED): string {
      const data = clientData("webauthn.get", asked);
      const authData = authenticatorData(asked.rpId, flags);
      return answer({
        clientDataJSON: base64url(data),
        authenticatorData: base64url(authData),
        signature: base64url(sign("sha256", Buffer.concat([authData, sha256(data)]), privateKey)),
      });
    },
    /** Makes the counter that of an older copy of the device. */
    turnBack(): void {
      counter = 0;
    },
    PRESENT,
  };
}
