/** Which lane an event belongs to at a target that keeps order; pure. */
import { createHash } from "node:crypto";
import type { BodyValues } from "./body-values.ts";

/** One lane for the whole target. */
export const WHOLE_TARGET = "*";

/** The path that a target keeps order by; null where it keeps none, or is one lane as a whole. */
export function orderPathOf(orderBy: string | null): string | null {
  return orderBy === WHOLE_TARGET ? null : orderBy;
}

/** Longer values are named by their hash, so that no sender makes the index grow. */
const LONGEST_KEY = 64;

/**
 * `orderBy` is "*" or a path such as "data.object.id"; null where the body has no text, number or boolean there: such
 * an event has a lane of its own. Of a number the key is what is written: 1 and 1.0 are two lanes.
 */
export function orderKeyOf(values: BodyValues, orderBy: string): string | null {
  if (orderBy === WHOLE_TARGET) return WHOLE_TARGET;
  const value = values.at(orderBy);
  if (value === null) return null;
  switch (value.kind) {
    case "text":
      // Quoted, so that 1 and "1" are two, and no value looks like the whole target.
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
