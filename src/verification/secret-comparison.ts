/** Compares secrets sent as they are, byte for byte, in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { z } from "zod";

/** Either secret is accepted during a rotation. */
type Secrets = Readonly<{ secret: string; previous_secret?: string | undefined }>;

export type SecretComparison = (given: Uint8Array) => boolean;

/**
 * Builds a comparison. Senders encode non-ASCII characters as one byte each (ISO 8859-1, HTTP's old encoding) or as
 * UTF-8; both are accepted.
 */
export function createSecretComparison({ secret, previous_secret: previous }: Secrets): SecretComparison {
  const all = previous === undefined ? [secret] : [secret, previous];
  const right = all.flatMap(readingsOf).map(digestOf);
  return (given) => {
    // Hashed first: timingSafeEqual throws on unequal lengths, which would also reveal the length.
    const digest = digestOf(given);
    let found = false;
    for (const each of right) if (timingSafeEqual(digest, each)) found = true;
    return found;
  };
}

function readingsOf(secret: string): readonly Uint8Array[] {
  const utf8 = Buffer.from(secret, "utf8");
  const hasLatin1 = !/[\u0100-\uffff]/.test(secret) && utf8.byteLength !== secret.length;
  return hasLatin1 ? [utf8, Buffer.from(secret, "latin1")] : [utf8];
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

/** Returns a header's bytes, which the runtime provides as one character each. */
export function bytesOfHeader(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** The inverse for a text: its UTF-8 bytes as a header's value. */
export function headerOfBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Returns the bytes of a query parameter; null if the query has no such parameter. */
export function bytesOfParameter(query: string, name: string): Uint8Array | null {
  for (const pair of query.split("&")) {
    const mark = pair.indexOf("=");
    const key = mark === -1 ? pair : pair.slice(0, mark);
    if (Buffer.from(unescaped(key), "latin1").toString("utf8") !== name) continue;
    return Buffer.from(unescaped(mark === -1 ? "" : pair.slice(mark + 1)), "latin1");
  }
  return null;
}

/** Decodes form escapes into one character per byte. Unlike decodeURIComponent it accepts bytes that are not UTF-8. */
function unescaped(text: string): string {
  return text
    .replaceAll("+", " ")
    .replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

const isControl = (letter: string) => letter < " " && letter !== "\t";
const isBlank = (letter: string) => letter === " " || letter === "\t";

/** Refuses to save secrets that a header cannot contain. */
export const refuseForHeader = refuseSecrets(
  isControl,
  "cannot contain line breaks or control characters, because a header cannot",
);

/** Refuses to save secrets with characters that end a token, usually pasted together with the word “Bearer”. */
export const refuseForToken = refuseSecrets(
  (letter) => isControl(letter) || isBlank(letter),
  "cannot contain spaces or line breaks. Leave out the word Bearer.",
);

/** A secret that no request can carry would reject all requests. */
function refuseSecrets(isRefused: (letter: string) => boolean, message: string) {
  return (config: Secrets, context: z.core.$RefinementCtx): void => {
    for (const name of ["secret", "previous_secret"] as const)
      if ([...(config[name] ?? "")].some(isRefused))
        context.addIssue({ code: "custom", path: [name], message });
  };
}
