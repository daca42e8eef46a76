/** Names the fields in which two states of a row differ. */

type Fields = Readonly<Record<string, unknown>>;

/** Columns whose JSON has the fields that the API shows beside the others. */
const UNPACKED = new Set(["settings", "policy"]);
/** Always changes, and says nothing. */
const LEFT_OUT = new Set(["updatedAt"]);
/** Header names are strangers' text. */
const MAX_NAMES = 50;
const MAX_NAME_LENGTH = 100;

/** Returns the names as the API has them, such as "config.url". Only fields of `after` are compared. */
export function changedFields(before: Fields, after: Fields): readonly string[] {
  const names: string[] = [];
  for (const [name, value] of Object.entries(after)) {
    if (LEFT_OUT.has(name)) continue;
    collect(names, UNPACKED.has(name) ? null : snakeCase(name), before[name], value);
  }
  return names.slice(0, MAX_NAMES);
}

function collect(names: string[], name: string | null, before: unknown, after: unknown): void {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const inner = { before: toFields(before), after: toFields(after) };
  if (
    inner.before === null ||
    inner.after === null ||
    (name !== null && (before === null || after === null))
  ) {
    if (name !== null) names.push(name.slice(0, MAX_NAME_LENGTH));
    return;
  }
  for (const key of new Set([...Object.keys(inner.before), ...Object.keys(inner.after)])) {
    collect(names, name === null ? key : `${name}.${key}`, inner.before[key], inner.after[key]);
  }
}

/** A missing object counts as an empty one. */
function toFields(value: unknown): Fields | null {
  if (value === null || value === undefined) return {};
  return typeof value === "object" && !Array.isArray(value) ? { ...value } : null;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
