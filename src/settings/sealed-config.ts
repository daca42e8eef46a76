/**
 * Secrets in the config of a target or entrypoint: sealed at rest, opened for use, redacted for display, kept on
 * change.
 */
import { constantTimeEqual } from "../lib/crypto.ts";
import { AppError } from "../lib/errors.ts";
import { isRecord } from "../lib/records.ts";
import type { FormField } from "./form-field.ts";

export type Sealer = Readonly<{
  seal: (plaintext: string, boundTo: string) => string;
  open: (sealed: string, boundTo: string) => string;
}>;

type Config = Record<string, unknown>;
type Fields = Readonly<{ fields: readonly FormField[] }>;

/** Table and id of the row that the secrets belong to. A secret sealed for one row does not open for another. */
export type ConfigOwner = `targets:${string}` | `entrypoints:${string}`;

/** Replaces a secret in API responses and forms; sent back unchanged, it keeps the secret. */
export const REDACTED = "[secret]";

/** A secret that is the same in `before`, a sealed config, keeps its sealed text, so that it does not look changed. */
export function sealConfig(options: {
  type: Fields;
  config: unknown;
  owner: ConfigOwner;
  keys: Sealer;
  before?: unknown;
}): Config {
  const { type, keys, owner, before } = options;
  const sealedBefore = new Map<string, string>();
  if (before !== undefined) mapSecrets(type, before, (value, path) => sealedBefore.set(path, String(value)));
  return mapSecrets(type, options.config, (value, path) => {
    const boundTo = `${owner}:${path}`;
    const text = JSON.stringify(value);
    const kept = sealedBefore.get(path);
    return kept !== undefined && opensTo(text, kept, { keys, boundTo }) ? kept : keys.seal(text, boundTo);
  });
}

function opensTo(
  text: string,
  sealed: string,
  { keys, boundTo }: { keys: Sealer; boundTo: string },
): boolean {
  try {
    return constantTimeEqual(keys.open(sealed, boundTo), text);
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** Throws if a value was sealed with another key, or for another owner or field. */
export function openConfig(options: {
  type: Fields;
  config: unknown;
  owner: ConfigOwner;
  keys: Sealer;
}): Config {
  const { keys, owner } = options;
  return mapSecrets(options.type, options.config, (value, path): unknown =>
    JSON.parse(keys.open(String(value), `${owner}:${path}`)),
  );
}

/** Accepts a sealed or an opened config. */
export function redactConfig(options: { type: Fields; config: unknown }): Config {
  return mapSecrets(options.type, options.config, () => REDACTED);
}

/**
 * Returns the config that a person sent, completed with stored (opened) secrets that were left out: a secret field that
 * is missing, empty or "[secret]", and a header whose value is "[secret]". null removes a secret field. Pass no
 * `stored` for a new row. Throws AppError invalid if there is nothing to keep; `within` is the input field that holds
 * the config.
 */
export function keepStoredSecrets(options: {
  type: Fields;
  config: unknown;
  stored?: unknown;
  within?: string;
}): Config {
  const { within = "config" } = options;
  const config = toRecord(options.config, within);
  const stored = options.stored === undefined ? {} : toRecord(options.stored, within);
  const kept = { ...config };
  for (const field of options.type.fields) {
    if (field.secret !== true) continue;
    const value = config[field.name];
    if (value === null) delete kept[field.name];
    else if (isLeftOut(value)) keepField({ kept, stored, field, value, path: `${within}.${field.name}` });
    else if (field.kind === "headers") {
      const path = `${within}.${field.name}`;
      kept[field.name] = keepHeaders(toRecord(value, path), stored[field.name], path);
    }
  }
  return kept;
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || value === "" || value === REDACTED;
}

function keepField(options: {
  kept: Config;
  stored: Config;
  field: FormField;
  value: unknown;
  path: string;
}): void {
  const { kept, stored, field, value, path } = options;
  const before = stored[field.name];
  if (before !== undefined) kept[field.name] = before;
  else if (value === REDACTED) throw nothingToKeep(path);
  else delete kept[field.name];
}

function keepHeaders(headers: Config, stored: unknown, path: string): Config {
  const before = new Map<string, unknown>();
  if (stored !== undefined) {
    for (const [name, value] of Object.entries(toRecord(stored, path))) before.set(name.toLowerCase(), value);
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (value !== REDACTED) return [name, value];
      const kept = before.get(name.toLowerCase());
      if (kept === undefined) throw nothingToKeep(`${path}.${name}`);
      return [name, kept];
    }),
  );
}

function mapSecrets(type: Fields, config: unknown, map: (value: unknown, path: string) => unknown): Config {
  const mapped = { ...toRecord(config, "config") };
  for (const field of type.fields) {
    const value = mapped[field.name];
    if (field.secret !== true || value === undefined) continue;
    if (field.kind === "headers") {
      // Each value is bound to its header's name, so that a stored one cannot be moved under another name.
      mapped[field.name] = Object.fromEntries(
        Object.entries(toRecord(value, field.name)).map(([name, secret]) => [
          name,
          map(secret, `${field.name}.${name.toLowerCase()}`),
        ]),
      );
    } else {
      mapped[field.name] = map(value, field.name);
    }
  }
  return mapped;
}

function toRecord(value: unknown, path: string): Config {
  if (isRecord(value)) return { ...value };
  throw new AppError({
    kind: "invalid",
    message: "The config is not valid.",
    details: [{ path, message: "must be an object" }],
  });
}

function nothingToKeep(path: string): AppError {
  return new AppError({
    kind: "invalid",
    message: "The config is not valid.",
    details: [{ path, message: `is "${REDACTED}", but no value is stored. Enter one.` }],
  });
}
