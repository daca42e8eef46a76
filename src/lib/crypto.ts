/** The secret key and the keys derived from it; hashing, generating and comparing tokens. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError, errorCode, errorReason } from "./errors.ts";

export type KeyRing = Readonly<{
  /** Encrypts `plaintext`. `boundTo` names the one place where the result may be stored, such as "targets:{id}:url". */
  seal: (plaintext: string, boundTo: string) => string;
  /** Decrypts. Throws AppError unavailable for another key, another `boundTo` or a changed text. */
  open: (sealed: string, boundTo: string) => string;
  /** 32 bytes that sign what the browser holds. */
  sessionKey: Uint8Array;
  /** 32 bytes that sign requests between the nodes of a cluster. */
  nodeKey: Uint8Array;
}>;

const KEY_BYTES = 32;
const SEALING = "webhooker sealing v1";
const VERSION = "v1.";
/** Lengths that NIST SP 800-38D recommends for GCM. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** `others` only open what was sealed with them. */
export function createKeyRing(secretKey: Uint8Array, others: readonly Uint8Array[] = []): KeyRing {
  const sealingKey = deriveKey(secretKey, SEALING);
  const openingKeys = [sealingKey, ...others.map((each) => deriveKey(each, SEALING))];
  return {
    sessionKey: deriveKey(secretKey, "webhooker session v1"),
    nodeKey: deriveKey(secretKey, "webhooker nodes v1"),
    seal(plaintext, boundTo) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", sealingKey, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(boundTo));
      const text = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return VERSION + Buffer.concat([iv, text, cipher.getAuthTag()]).toString("base64url");
    },
    open(sealed, boundTo) {
      try {
        return unsealWithAny({ sealed, boundTo, keys: openingKeys });
      } catch (cause) {
        throw new AppError({
          kind: "unavailable",
          code: "secret_unreadable",
          message: "A stored secret cannot be read with this secret key.",
          hint: "Start with the SECRET_KEY (or webhooker.key file) that it was stored with, or enter the secret again.",
          cause,
        });
      }
    },
  };
}

function deriveKey(secretKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secretKey, new Uint8Array(), purpose, KEY_BYTES));
}

function unsealWithAny(given: { sealed: string; boundTo: string; keys: readonly Uint8Array[] }): string {
  const { sealed, boundTo, keys } = given;
  let fault: unknown;
  for (const key of keys) {
    try {
      return unseal({ sealed, boundTo, key });
    } catch (error) {
      fault ??= error;
    }
  }
  throw fault;
}

function unseal({ sealed, boundTo, key }: { sealed: string; boundTo: string; key: Uint8Array }): string {
  if (!sealed.startsWith(VERSION)) throw new Error("unknown version of a sealed text");
  const bytes = Buffer.from(sealed.slice(VERSION.length), "base64url");
  const iv = bytes.subarray(0, IV_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(boundTo));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString("utf8");
}

/**
 * Returns the configured key, or the one in `webhooker.key` beside the main database, which the first start creates.
 * Throws AppError unavailable.
 */
export function loadSecretKey(options: { fromConfig: Uint8Array | null; dbPath: string }): Uint8Array {
  if (options.fromConfig) return options.fromConfig;
  const directory = dirname(options.dbPath);
  const path = join(directory, "webhooker.key");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return createKeyFile(path) ?? readKeyFile(path);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError({
      kind: "unavailable",
      code: "secret_key_unreadable",
      message: `The key file ${path} can be neither read nor created (${errorReason(cause)}).`,
      hint: "Let DBURL name a file in a folder that this user can read and write, or set SECRET_KEY.",
      cause,
    });
  }
}

/** Returns null if the file already exists. */
function createKeyFile(path: string): Uint8Array | null {
  const key = new Uint8Array(randomBytes(KEY_BYTES));
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return null;
    throw error;
  }
  try {
    writeFileSync(file, `${Buffer.from(key).toString("base64")}\n`);
    // After a power cut, nothing sealed with the key may exist without the key.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncKeyFolder(dirname(path));
  return key;
}

/** Makes the directory entry of a key durable. */
export function syncKeyFolder(path: string): void {
  // Windows has no handle on a folder to sync.
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Returns null for anything but 32 bytes in base64. */
export function parseKey(content: string): Uint8Array | null {
  const text = content.trim();
  const key = Buffer.from(text, "base64");
  // Buffer skips characters that are not base64; encoding the result again shows whether it skipped any.
  return key.length === KEY_BYTES && key.toString("base64") === text ? new Uint8Array(key) : null;
}

function readKeyFile(path: string): Uint8Array {
  const key = parseKey(readFileSync(path, "utf8"));
  if (key !== null) return key;
  throw new AppError({
    kind: "unavailable",
    code: "secret_key_unreadable",
    message: `The key file ${path} does not hold 32 bytes in base64.`,
    hint: "Restore it from a backup or set SECRET_KEY. If there is no copy, remove the file: a new key is generated, and all users must sign in and enter stored secrets again.",
  });
}

export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Returns `bytes` random bytes as base64url text. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

export function constantTimeEqual(a: string, b: string): boolean {
  // Hashed first, because timingSafeEqual throws on unequal lengths, which would also reveal the length.
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
