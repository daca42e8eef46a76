/** Lists in which fields two states of an object differ, without the values of secrets. */
import { isRecord } from "../../lib/records.ts";
import { REDACTED } from "../../settings/sealed-config.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An object with its secrets sealed, for comparing, and the same with its secrets replaced, for people. */
export type View = Readonly<{ stored: Fields; shown: Fields }>;

export type FieldChange = Readonly<{
  /** As in a file of configuration, such as "config.url". */
  field: string;
  /** True: neither value is told. */
  secret: boolean;
  /** JSON, cut; null: there is none, or it is a secret. */
  before: string | null;
  after: string | null;
}>;

const MAX_SHOWN = 200;
/** Most changes of one object that are listed. */
const MAX_CHANGES = 100;

export function listFieldChanges(before: View, after: View): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  collect(changes, [], before, after);
  return changes.slice(0, MAX_CHANGES);
}

function collect(changes: FieldChange[], path: readonly string[], before: View, after: View): void {
  const names = new Set([...Object.keys(before.stored), ...Object.keys(after.stored)]);
  for (const name of names) {
    const [was, is] = [before.stored[name], after.stored[name]];
    if (Bun.deepEquals(was, is)) continue;
    const inner = [...path, name];
    const [wasFields, isFields] = [toFields(was), toFields(is)];
    if (wasFields && isFields) {
      const wasShown = toFields(before.shown[name]) ?? {};
      const isShown = toFields(after.shown[name]) ?? {};
      collect(changes, inner, { stored: wasFields, shown: wasShown }, { stored: isFields, shown: isShown });
    } else {
      changes.push(changeOf(inner, before.shown[name], after.shown[name]));
    }
  }
}

function changeOf(path: readonly string[], before: unknown, after: unknown): FieldChange {
  const secret = before === REDACTED || after === REDACTED;
  return {
    field: path.join("."),
    secret,
    before: secret ? null : show(before),
    after: secret ? null : show(after),
  };
}

function show(value: unknown): string | null {
  const json = value === undefined ? null : JSON.stringify(value);
  return json !== null && json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}…` : json;
}

function toFields(value: unknown): Fields | null {
  return isRecord(value) ? value : null;
}
