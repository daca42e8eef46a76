/**
 * Key ring of the gateway: the key it seals with, and the keys it opens with until everything is sealed with the new
 * one.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createKeyRing, type KeyRing, loadSecretKey, parseKey, syncKeyFolder } from "./crypto.ts";
import { AppError, errorCode, errorReason } from "./errors.ts";

type Where = Readonly<{
  /** SECRET_KEY; null if the key is in a file beside the main database. */
  secretKey: Uint8Array | null;
  /** SECRET_KEY_PREVIOUS: opens what was sealed before SECRET_KEY was replaced. */
  secretKeyPrevious: Uint8Array | null;
  dbPath: string;
}>;

const KEY_BYTES = 32;

const keyPath = (dbPath: string) => join(dirname(dbPath), "webhooker.key");
const nextPath = (dbPath: string) => `${keyPath(dbPath)}.next`;
export const oldKeyPath = (dbPath: string) => `${keyPath(dbPath)}.old`;

/** Throws AppError unavailable. */
export function loadKeyRing({ secretKey, secretKeyPrevious, dbPath }: Where): KeyRing {
  const key = loadSecretKey({ fromConfig: secretKey, dbPath });
  // Exists after a crash during a rotation, which may already have sealed everything with it.
  const next = secretKey === null ? findNextKey(dbPath) : null;
  return createKeyRing(
    key,
    [secretKeyPrevious, next].filter((each) => each !== null),
  );
}

/** Creates the next key on disk, or returns the one that an interrupted rotation has left. */
export function beginNextKey(dbPath: string): Uint8Array {
  const begun = findNextKey(dbPath);
  if (begun !== null) return begun;
  const key = new Uint8Array(randomBytes(KEY_BYTES));
  writeKey(nextPath(dbPath), key);
  return key;
}

/**
 * Replaces the current key by the next one and keeps the old one beside it. A crash at any point leaves one of them in
 * place.
 */
export function finishNextKey(dbPath: string): void {
  writeKey(oldKeyPath(dbPath), loadSecretKey({ fromConfig: null, dbPath }));
  renameSync(nextPath(dbPath), keyPath(dbPath));
  syncKeyFolder(dirname(dbPath));
}

/** Returns null if there is none. A key that was not written completely has sealed nothing, so it counts as none. */
function findNextKey(dbPath: string): Uint8Array | null {
  try {
    return parseKey(readFileSync(nextPath(dbPath), "utf8"));
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return null;
    throw new AppError({
      kind: "unavailable",
      code: "secret_key_unreadable",
      message: `The key file ${nextPath(dbPath)} cannot be read (${errorReason(cause)}).`,
      hint: "A rotation of the secret key was interrupted. Make the file readable and rotate again.",
      cause,
    });
  }
}

/** Writes the key atomically and durably, readable by this user only. */
function writeKey(path: string, key: Uint8Array): void {
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  const file = openSync(unfinished, "wx", 0o600);
  try {
    writeFileSync(file, `${Buffer.from(key).toString("base64")}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
  syncKeyFolder(dirname(path));
}
