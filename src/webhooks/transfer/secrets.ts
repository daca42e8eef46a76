/** Extracts encrypted secrets from rows for export, and encrypts them again on import. */
import { randomBytes, scrypt } from "node:crypto";
import { createKeyRing } from "../../lib/crypto.ts";
import { AppError } from "../../lib/errors.ts";
import type { Sealer } from "../../settings/sealed-config.ts";
import type { SealedTable } from "../../storage/main-db/sealed-rows.ts";
import type { PlainRow } from "../../storage/main-db/transfer.ts";
import type { TransferSecret } from "./document.ts";

/** 32 MB and about 0.1 s, which makes guessing expensive. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const SALT_BYTES = 16;
/** The form that `lib/crypto.ts` encrypts into: a version, then at least IV and tag. */
const SEALED = /^v\d+\.[A-Za-z0-9_-]{38,}$/;

export function newSalt(): string {
  return randomBytes(SALT_BYTES).toString("base64");
}

/** Derives keys from a passphrase, off the event loop. */
export function keysOfPassphrase(passphrase: string, salt: string): Promise<Sealer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFKC"), Buffer.from(salt, "base64"), 32, SCRYPT, (error, key) => {
      if (error) reject(error);
      else resolve(createKeyRing(new Uint8Array(key)));
    });
  });
}

/** Counts the secrets in the rows that the keys do not decrypt. */
export function countUnreadable(options: {
  table: TransferSecret["table"];
  rows: readonly PlainRow[];
  keys: Sealer;
}): number {
  // Only a decrypted secret says what it was bound to.
  return takeSecrets({ ...options, passphraseKeys: null }).secrets.filter(({ bound_to }) => bound_to === "")
    .length;
}

type Owner = Readonly<{ table: SealedTable; id: string }>;

/**
 * Returns the rows without their secrets, and the secrets encrypted with the passphrase or left out. Secrets are
 * recognised by their form, whatever the columns and types, so no encrypted text leaves unchanged.
 */
export function takeSecrets(options: {
  table: TransferSecret["table"];
  rows: readonly PlainRow[];
  keys: Sealer;
  passphraseKeys: Sealer | null;
}): { rows: PlainRow[]; secrets: TransferSecret[] } {
  const { table, keys, passphraseKeys } = options;
  const secrets: TransferSecret[] = [];
  const rows = options.rows.map((row) => {
    const owner = { table, id: String(row.id) };
    const stripped: Record<string, string | number | null> = { ...row };
    for (const [column, value] of Object.entries(row)) {
      if (typeof value !== "string") continue;
      const json = SEALED.test(value) ? value : parseObject(value);
      const found = json === null ? [] : listSealed(json);
      for (const { path, sealed } of found) {
        const opened = openSealed({ owner, column, path, sealed, keys });
        const bound_to = opened?.boundTo ?? "";
        const kept = opened && passphraseKeys?.seal(opened.text, boundTo(owner, bound_to));
        secrets.push({ ...owner, column, path: [...path], bound_to, sealed: kept ?? null });
      }
      if (found.length > 0) stripped[column] = without(json, found);
    }
    return stripped;
  });
  return { rows, secrets };
}

/** Encrypts a secret for its new row. Throws AppError `invalid` for a wrong passphrase. */
export function putSecret(options: {
  row: Record<string, string | number | null>;
  secret: TransferSecret;
  passphraseKeys: Sealer;
  keys: Sealer;
  /** The row's new id. */
  id: string;
}): void {
  const { row, secret, passphraseKeys, keys, id } = options;
  const { table, column, path, bound_to, sealed } = secret;
  if (sealed === null) return;
  const text = openOrRefuse(passphraseKeys, sealed, boundTo(secret, bound_to));
  const value = keys.seal(text, boundTo({ table, id }, bound_to));
  if (path.length === 0) {
    row[column] = value;
    return;
  }
  const json = parseObject(String(row[column]));
  setAt(json, path, value);
  row[column] = JSON.stringify(json);
}

/** Returns the row with its secrets encrypted by `to`. Secrets that `from` does not decrypt stay unchanged. */
export function resealRow(given: { table: SealedTable; row: PlainRow; from: Sealer; to: Sealer }): {
  row: PlainRow;
  resealed: number;
  unreadable: number;
} {
  const { table, row, from, to } = given;
  const owner = { table, id: String(row.id) };
  const done: Record<string, string | number | null> = { ...row };
  let [resealed, unreadable] = [0, 0];
  for (const [column, value] of Object.entries(row)) {
    if (typeof value !== "string") continue;
    const json = SEALED.test(value) ? value : parseObject(value);
    for (const { path, sealed } of json === null ? [] : listSealed(json)) {
      const opened = openSealed({ owner, column, path, sealed, keys: from });
      if (opened === null) {
        unreadable++;
        continue;
      }
      resealed++;
      const resealedText = to.seal(opened.text, boundTo(owner, opened.boundTo));
      if (path.length === 0) done[column] = resealedText;
      else setAt(json, path, resealedText);
    }
    if (isRecord(json)) done[column] = JSON.stringify(json);
  }
  return { row: done, resealed, unreadable };
}

function setAt(json: unknown, path: readonly string[], value: string): void {
  let place: unknown = json;
  for (const key of path.slice(0, -1)) place = isRecord(place) ? place[key] : undefined;
  if (!isRecord(place)) return;
  // Not assigned, because a file may contain the key "__proto__".
  const whole = { value, enumerable: true, configurable: true, writable: true };
  Object.defineProperty(place, path.at(-1) ?? "", whole);
}

function boundTo({ table, id }: Owner, rest: string): string {
  return `${table}:${id}:${rest}`;
}

function openOrRefuse(keys: Sealer, sealed: string, bound: string): string {
  try {
    return keys.open(sealed, bound);
  } catch (cause) {
    throw new AppError({
      kind: "invalid",
      code: "wrong_passphrase",
      message: "The passphrase does not open the file's secrets.",
      hint: "Enter the passphrase of the export, or import the file without its secrets.",
      cause,
    });
  }
}

type Found = Readonly<{ path: readonly string[]; sealed: string }>;

function listSealed(value: unknown, path: readonly string[] = []): Found[] {
  if (typeof value === "string") return SEALED.test(value) ? [{ path, sealed: value }] : [];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => listSealed(inner, [...path, key]));
}

/** Decrypts a secret that is bound to its column or to a path in its JSON; header names are bound in lower case. */
function openSealed(place: {
  owner: Owner;
  column: string;
  path: readonly string[];
  sealed: string;
  keys: Sealer;
}): { text: string; boundTo: string } | null {
  const { owner, column, path, sealed, keys } = place;
  const whole = [column, ...path];
  for (let from = whole.length - 1; from >= 0; from--) {
    const name = whole.slice(from).join(".");
    for (const bound of new Set([name, name.toLowerCase()])) {
      try {
        return { text: keys.open(sealed, boundTo(owner, bound)), boundTo: bound };
      } catch {
        // Bound to another place, or encrypted with a lost key.
      }
    }
  }
  return null;
}

function without(json: unknown, found: readonly Found[]): string | null {
  if (!isRecord(json)) return null;
  for (const { path } of found) {
    let place: unknown = json;
    for (const key of path.slice(0, -1)) place = isRecord(place) ? place[key] : undefined;
    if (Array.isArray(place)) place[Number(path.at(-1))] = null;
    else if (isRecord(place)) delete place[path.at(-1) ?? ""];
  }
  return JSON.stringify(json);
}

function parseObject(text: string): unknown {
  if (!text.startsWith("{")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
