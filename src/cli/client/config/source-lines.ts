/** Shows where in a file a fault is: the line with a caret, and without values, which may be secrets. */
import { printable } from "../../printable.ts";

export type Place = Readonly<{
  /** From 1. */
  line: number;
  column: number;
}>;

/** Up to a value: the indentation, dashes, and a key with its colon. */
const BEFORE_VALUE = /^\s*(?:- +)*(?:[\w./-]{1,100}\s*:(?=\s|$)\s*)?/;
/** Values that are no secrets. */
const HARMLESS =
  /^(?:-?\d{1,12}|true|false|null|~|\[\]|\{\}|["']?\$\{(?:env|file):[^}]*\}["']?|[&*!|>]\S{0,40})?\s*(?:#.*)?$/;

export function showPlace(text: string, { line, column }: Place): string {
  const whole = text.split(/\r?\n/)[line - 1] ?? "";
  const [start = ""] = BEFORE_VALUE.exec(whole) ?? [];
  const shown = HARMLESS.test(whole.slice(start.length)) ? whole : `${start}…`;
  const number = String(line).padStart(5);
  const caret = " ".repeat(Math.min(column - 1, shown.length));
  return [`${number} | ${printable(shown.replaceAll("\t", " "))}`, `${" ".repeat(5)} | ${caret}^`].join("\n");
}
