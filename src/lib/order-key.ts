/** Which lane an event belongs to at a target that keeps order; pure. */
import { createHash } from "node:crypto";

/** One lane for the whole target. */
export const WHOLE_TARGET = "*";

/** Longer values are named by their hash, so that no sender makes the index grow. */
const LONGEST_KEY = 64;

/**
 * Reads lanes from one body, which is parsed once and only if a path is asked for. `orderBy` is "*" or a path such as
 * "data.object.id"; null where the body is not JSON, or has no text, number or boolean there: such an event has a
 * lane of its own.
 */
export function createOrderKeyReader(body: Uint8Array): (orderBy: string) => string | null {
  let json: unknown;
  let isParsed = false;
  return (orderBy) => {
    if (orderBy === WHOLE_TARGET) return WHOLE_TARGET;
    if (!isParsed) json = parse(body);
    isParsed = true;
    return keyAt(json, orderBy);
  };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function keyAt(json: unknown, path: string): string | null {
  let value = json;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return null;
    value = Reflect.get(value, name);
  }
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return null;
  // Quoted where it is text, so that 1 and "1" are two, and no value looks like the whole target.
  const key = JSON.stringify(value);
  return key.length <= LONGEST_KEY ? key : createHash("sha256").update(key).digest("hex");
}
