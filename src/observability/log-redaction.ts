/**
 * Makes logged fields safe: secrets are recognised by their key; bytes, errors and cycles become short plain values.
 */

const SECRET_KEY =
  /pass(word|wd|phrase)|secret|token|authorization|cookie|credential|(api|private|access|signing)[-_]?key/i;
const REDACTED = "[redacted]";
/** Keys that every line already has; a second one would make the JSON ambiguous. */
const RESERVED = new Set(["level", "time", "message"]);
const MAX_DEPTH = 6;

export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    safe[RESERVED.has(key) ? `${key}_` : key] = SECRET_KEY.test(key) ? hide(value) : plain(value, 0);
  }
  return safe;
}

/** Keeps empty values: the absence of a secret is not secret. */
function hide(value: unknown): unknown {
  return value === null || value === undefined || value === "" ? value : REDACTED;
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[…]";
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof Date || value instanceof URL) return value.toJSON();
  if (value instanceof Headers || value instanceof Map) return plain([...value], depth);
  if (value instanceof Set) return plain([...value], depth);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => plainItem(item, depth + 1));
  const safe: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    safe[key] = SECRET_KEY.test(key) ? hide(item) : plain(item, depth + 1);
  }
  return safe;
}

/** In a header list, which is pairs of name and value, the name is the key. */
function plainItem(item: unknown, depth: number): unknown {
  if (Array.isArray(item) && item.length === 2 && typeof item[0] === "string" && SECRET_KEY.test(item[0])) {
    return [item[0], hide(item[1])];
  }
  return plain(item, depth);
}

function plainError(error: Error, depth: number): Record<string, unknown> {
  return {
    type: error.name,
    message: error.message,
    ...("code" in error && { code: plain(error.code, depth + 1) }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: plain(error.cause, depth + 1) }),
  };
}
