/** Time-based one-time passwords (RFC 6238): six digits of HMAC-SHA1, new every 30 seconds, as all authenticator apps do. */
import { createHmac, randomBytes } from "node:crypto";
import { fromBase32, toBase32 } from "../../lib/base32.ts";
import { constantTimeEqual } from "../../lib/crypto.ts";

const STEP_MS = 30_000;
const DIGITS = 6;
/** Length of the hash, which RFC 4226 recommends. */
const SECRET_BYTES = 20;
/** Clocks of phones are off by some seconds, and people take some to type. */
const STEPS_AROUND = [0, -1, 1] as const;

/** Returns a new secret in base32. */
export function newTotpSecret(): string {
  return toBase32(randomBytes(SECRET_BYTES));
}

export function stepAt(ms: number): number {
  return Math.floor(ms / STEP_MS);
}

/** Returns the code of a step (RFC 4226, 5.3). */
export function totpCode(secret: string, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7f_ff_ff_ff;
  return String(number % 10 ** digits).padStart(digits, "0");
}

/** Returns the step whose code it is: the current one or one beside it; null for any other code. */
export function findStep(secret: string, code: string, now: number): number | null {
  const current = stepAt(now);
  const step = STEPS_AROUND.map((by) => current + by).find((each) =>
    constantTimeEqual(totpCode(secret, each), code),
  );
  return step ?? null;
}

/** Returns the URI that authenticator apps read from a QR code. */
export function totpUri(of: { secret: string; username: string; host: string }): string {
  const { secret, username, host } = of;
  // A colon ends the issuer, also a percent-encoded one.
  const issuer = `webhooker ${host.replaceAll(":", " ")}`;
  const query = new URLSearchParams({ secret, issuer, algorithm: "SHA1", digits: "6", period: "30" });
  // Apps read "+" as a plus sign.
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(username)}`;
  return `otpauth://totp/${label}?${query.toString().replaceAll("+", "%20")}`;
}
