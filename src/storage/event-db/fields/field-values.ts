/** Reads the values of indexed fields from events, and turns them into entries of the index. */
import { storedHead } from "../../../bodies/body-content.ts";
import { bodyValuesOf } from "../../../bodies/body-values.ts";
import { bodyPathOf } from "../../../settings/value-path.ts";
import type { FieldCondition } from "../event-filter.ts";
import type { HeaderPairs } from "../types.ts";

/** The columns of `events` that fields are read from. */
export const FIELD_COLUMNS = "id, headers, content_type, body";

export type FieldRow = Readonly<{ id: string; headers: string; content_type: string; body: Uint8Array }>;

/** Returns the text at each place: a number as it is written, several headers joined; null where there is none. */
export function valuesAt(row: FieldRow, places: readonly string[]): readonly (string | null)[] {
  const headers: HeaderPairs = JSON.parse(row.headers);
  const body = bodyValuesOf(row.body, () => storedHead({ contentType: row.content_type, headers }));
  return places.map((place) => {
    const path = bodyPathOf(place);
    if (path === null) return headerOf(headers, place.toLowerCase());
    const value = body.at(path);
    return value?.kind === "text" || value?.kind === "number" || value?.kind === "boolean"
      ? value.text
      : null;
  });
}

function headerOf(headers: HeaderPairs, wanted: string): string | null {
  const values = headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  return values.length === 0 ? null : values.join(", ");
}

export function hasFields(row: FieldRow, fields: readonly FieldCondition[]): boolean {
  const values = valuesAt(
    row,
    fields.map(({ place }) => place),
  );
  return fields.every(({ value }, index) => values[index] === value);
}

/** The distinct hashes of an event's values. */
export function hashesOf(row: FieldRow, places: readonly string[]): ReadonlySet<bigint> {
  const values = valuesAt(row, places);
  return new Set(
    places.flatMap((place, index) => {
      const value = values[index] ?? null;
      return value === null ? [] : [hashOf(place, value)];
    }),
  );
}

/** Neither a header's name nor a path contains a space. */
export function hashOf(place: string, value: string): bigint {
  return BigInt.asIntN(64, Bun.hash.xxHash64(`${place} ${value}`));
}

const ID_DIGITS = 16;

/** The first 64 bits of an id, or of a text that sorts as its beginning; AFTER_EVERY_ID gives the highest number. */
export function bitsOf(id: string): bigint {
  const digits = id.replaceAll("-", "").slice(0, ID_DIGITS).padEnd(ID_DIGITS, "0");
  return /^[0-7]/.test(digits) ? BigInt(`0x${digits}`) : 0x7fff_ffff_ffff_ffffn;
}

/** SQL for the beginning of the ids whose first 64 bits are `column`. */
export function idPrefix(column: string): string {
  const hex = `format('%016x', ${column})`;
  return `(substr(${hex}, 1, 8) || '-' || substr(${hex}, 9, 4) || '-' || substr(${hex}, 13, 4))`;
}

/** The ids that begin with a prefix lie from it to before this. */
export const AFTER_PREFIX = "-g";
