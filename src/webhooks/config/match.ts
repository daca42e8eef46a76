/** Finds the stored object that an entry of a file of configuration stands for. */
import { keysOf } from "./export-names.ts";

type Keyed = Readonly<{ id: string; name: string; key: string | null }>;
type Wanted = Readonly<{ name?: string | undefined; id?: string | undefined }>;

/**
 * By its key; else by its id, if one is given; else an object without a key that has the entry's name, and that either
 * nothing else has or an export gives this key. So objects that people made come into a file. An object stands for one
 * entry at most. `rows`: siblings, the oldest first.
 */
export function matchObjects<Row extends Keyed>(
  rows: readonly Row[],
  entries: Readonly<Record<string, Wanted>>,
): ReadonlyMap<string, Row> {
  const found = new Map<string, Row>();
  const used = new Set<string>();
  function take(key: string, row: Row | undefined): void {
    if (row === undefined || used.has(row.id)) return;
    found.set(key, row);
    used.add(row.id);
  }
  const byKey = new Map(rows.flatMap((row) => (row.key === null ? [] : [[row.key, row] as const])));
  for (const key of Object.keys(entries)) take(key, byKey.get(key));
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const [key, { id }] of Object.entries(entries)) {
    if (id !== undefined && !found.has(key)) take(key, byId.get(id));
  }
  const exportedAs = keysOf(rows);
  for (const row of rows) {
    const key = exportedAs.get(row.id) ?? "";
    const entry = entries[key];
    const isSame = row.key === null && entry?.id === undefined && (entry?.name ?? key) === row.name;
    if (entry && isSame && !found.has(key)) take(key, row);
  }
  const rowsByName = Map.groupBy(
    rows.filter((row) => row.key === null && !used.has(row.id)),
    ({ name }) => name,
  );
  const open = Object.entries(entries).filter(([key, { id }]) => !found.has(key) && id === undefined);
  const entriesByName = Map.groupBy(open, ([key, { name = key }]) => name);
  for (const [name, same] of entriesByName) {
    const [only] = rowsByName.get(name) ?? [];
    const isClear = same.length === 1 && rowsByName.get(name)?.length === 1;
    if (isClear && same[0]) take(same[0][0], only);
  }
  return found;
}
