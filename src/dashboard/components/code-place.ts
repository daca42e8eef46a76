/** Reads where in a field's code a fault is, so that the editor can show it. */
import { placeInJson } from "../../bodies/json-place.ts";
import { readTypedJson } from "../../bodies/typed-json.ts";
import type { FieldErrors } from "../forms.ts";

/** Both count from 1. */
export type CodePlace = Readonly<{ line: number; column: number }>;

/** As faults of code and of JSON tell it: "(line 4, column 11)". */
const TOLD = /\bline (\d+)(?:, column (\d+))?/;

/** Returns undefined if the message names no place. */
export function toldPlace(message: string): CodePlace | undefined {
  const [, line, column] = TOLD.exec(message) ?? [];
  return line === undefined ? undefined : { line: Number(line), column: Number(column ?? 1) };
}

/** Returns the place of a field's first error; for JSON whose error names a member, that of the member. */
export function faultPlace(
  errors: FieldErrors,
  field: { name: string; text: string },
): CodePlace | undefined {
  const { name, text } = field;
  const own = errors[name];
  if (own !== undefined) return toldPlace(own);
  const path = Object.keys(errors).find((each) => each.startsWith(`${name}.`));
  if (path === undefined || "fault" in readTypedJson(text)) return undefined;
  const before = text.slice(0, placeInJson(text, path.slice(name.length + 1))).split(/\r?\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
