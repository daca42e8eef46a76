/** The fields by which a webhook's events are found: lines such as "order_id=$.data.id". */
import { z } from "zod";
import { VALUE_PATH } from "./value-path.ts";

/** Every field costs each event a row of the index. */
const MOST_FIELDS = 5;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

/** Longer paths lead nowhere in a body of the depth that is read. */
const MAX_LENGTH = 300;

const line = z
  .string()
  .max(MAX_LENGTH)
  .refine(
    (text) => parseLine(text) !== null,
    "must be a name, “=” and a place: a header, or a path in the body such as $.order.id",
  );

export const indexedFieldsSchema = z
  .array(line)
  .max(MOST_FIELDS, `must be ${MOST_FIELDS} fields at most`)
  .refine(hasDistinctNames, "must have a different name for each field");

export type IndexedField = Readonly<{
  name: string;
  /** A header's name, or "$." and a path in the body. */
  place: string;
}>;

export function readIndexedFields(lines: readonly string[]): readonly IndexedField[] {
  return lines.flatMap((text) => parseLine(text) ?? []);
}

function parseLine(text: string): IndexedField | null {
  const end = text.indexOf("=");
  const [name, place] = [text.slice(0, Math.max(end, 0)).trim(), text.slice(end + 1).trim()];
  return NAME.test(name) && VALUE_PATH.test(place) ? { name, place } : null;
}

function hasDistinctNames(lines: readonly string[]): boolean {
  const names = readIndexedFields(lines).map(({ name }) => name);
  return new Set(names).size === names.length;
}

export type WantedFields = Readonly<{
  fields: readonly (IndexedField & Readonly<{ value: string }>)[];
  /** Names that no field has. */
  unknown: readonly string[];
}>;

/** Finds the places of fields that are wanted by name and value. */
export function findFields(
  lines: readonly string[],
  wanted: readonly (readonly [name: string, value: string])[],
): WantedFields {
  const known = new Map(readIndexedFields(lines).map((field) => [field.name, field]));
  return {
    fields: wanted.flatMap(([name, value]) => {
      const field = known.get(name);
      return field === undefined ? [] : [{ ...field, value }];
    }),
    unknown: wanted.map(([name]) => name).filter((name) => !known.has(name)),
  };
}
