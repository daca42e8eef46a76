/** Computes which lane an event belongs to at a target that keeps order; pure. */
import { createHash } from "node:crypto";
import type { BodyValues } from "./body-values.ts";

/** A single lane for the whole target. */
export const WHOLE_TARGET = "*";

/** Returns the path that a target orders by; null if it keeps no order, or has a single lane. */
export function orderPathOf(orderBy: string | null): string | null {
  return orderBy === WHOLE_TARGET ? null : orderBy;
}

/** Longer values are replaced by their hash, so that senders cannot make the index grow. */
const LONGEST_KEY = 64;

/**
 * Returns an event's order key. `orderBy` is "*" or a path such as "data.object.id". Null if the body has no text,
 * number or boolean there: the event is then alone in its lane. Numbers count as written: 1 and 1.0 are two lanes.
 */
export function orderKeyOf(values: BodyValues, orderBy: string): string | null {
  if (orderBy === WHOLE_TARGET) return WHOLE_TARGET;
  const value = values.at(orderBy);
  if (value === null) return null;
  switch (value.kind) {
    case "text":
      // Quoted, so that 1 and "1" differ, and no value equals the whole target's key.
      return shortened(JSON.stringify(value.text));
    case "number":
    case "boolean":
      return shortened(value.text);
    default:
      return null;
  }
}

function shortened(key: string): string {
  return key.length <= LONGEST_KEY ? key : createHash("sha256").update(key).digest("hex");
}
