/** The SQL function `header(headers, 'name')`. */
import { z } from "zod";

const pairs = z.array(z.tuple([z.string(), z.string()]));

/** Returns the header's values, joined by ", "; null if there is none, or `headers` are none. */
export function readHeader(headers: unknown, name: unknown): string | null {
  if (typeof headers !== "string" || typeof name !== "string") return null;
  const wanted = name.toLowerCase();
  const values = readPairs(headers)
    .filter(([each]) => each.toLowerCase() === wanted)
    .map(([, value]) => value);
  return values.length === 0 ? null : values.join(", ");
}

function readPairs(headers: string): readonly (readonly [string, string])[] {
  try {
    return pairs.parse(JSON.parse(headers));
  } catch {
    return [];
  }
}
