/** The key ring of a gateway: the key that it seals with, and those that it opens with until all is sealed anew. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createKeyRing, type KeyRing, loadSecretKey, parseKey, syncKeyFolder } from "./crypto.ts";
import { AppError, errorCode, errorReason } from "./errors.ts";

type Where = Readonly<{
  /** SECRET_KEY; null: the key is in a file beside the main database. */
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
  // There after a crash in the middle of a rotation, which may have sealed everything with it already.
  const next = secretKey === null ? findNextKey(dbPath) : null;
  return createKeyRing(
    key,
    [secretKeyPrevious, next].filter((each) => each !== null),
  );
}

/** Makes the key that comes after the one in the file, or takes up what a rotation before has made; it is on disk then. */
export function beginNextKey(dbPath: string): Uint8Array {
  const begun = findNextKey(dbPath);
  if (begun !== null) return begun;
  const key = new Uint8Array(randomBytes(KEY_BYTES));
  writeKey(nextPath(dbPath), key);
  return key;
}

/** Puts it in the place of the present one, which is kept beside it. A crash at any moment leaves one of the two there. */
export function finishNextKey(dbPath: string): void {
  writeKey(oldKeyPath(dbPath), loadSecretKey({ fromConfig: null, dbPath }));
  renameSync(nextPath(dbPath), keyPath(dbPath));
  syncKeyFolder(dirname(dbPath));
}

/** Null where there is none; one that was not written whole has sealed nothing. */
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

/** Whole or not at all, readable by this user alone, and on disk. */
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
