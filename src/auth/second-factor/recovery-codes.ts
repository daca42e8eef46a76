/** Recovery codes: each replaces one code of a lost authenticator app. */
import { randomBytes } from "node:crypto";
import { toBase32 } from "../../lib/base32.ts";
import { hashToken } from "../../lib/crypto.ts";

const COUNT = 10;
/** Too many to guess even by whoever has the hashes. */
const BYTES = 10;
const GROUP = /.{4}(?=.)/g;

/** Returns new codes, such as "abcd-efgh-ijkl-mnop". */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: COUNT }, () =>
    toBase32(randomBytes(BYTES)).toLowerCase().replaceAll(GROUP, "$&-"),
  );
}

/** Hashes a code as it was typed: case, spaces and hyphens do not matter. */
export function hashRecoveryCode(typed: string): string {
  return hashToken(typed.toLowerCase().replaceAll(/[\s-]/g, ""));
}
