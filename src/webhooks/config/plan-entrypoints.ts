/** Plans the entrypoints of one webhook. */
import type { EntrypointRow } from "../../storage/main-db/tables.ts";
import type { UseCaseDeps } from "../deps.ts";
import { createEntrypointRows, newEntrypointRow } from "../rows/entrypoint-rows.ts";
import type { ConfigEntrypoint } from "./document.ts";
import type { Faults } from "./faults.ts";
import { listFieldChanges } from "./field-changes.ts";
import { matchObjects } from "./match.ts";
import { type Draft, leaveOut } from "./plan.ts";
import type { Views } from "./views.ts";

type Of = Readonly<{
  draft: Draft;
  faults: Faults;
  webhookId: string;
  /** Place of the webhook's entry. */
  path: string;
  entries: Readonly<Record<string, ConfigEntrypoint>>;
}>;

export function createEntrypointPlanner(deps: UseCaseDeps & Readonly<{ views: Views }>) {
  const { mainDb, ids, views } = deps;
  const rows = createEntrypointRows(deps);

  /** Says nothing of whose the id is. */
  function checkNewId(id: string, { draft, faults }: Of, path: string): void {
    const state = mainDb.configObjects.stateOfEntrypointId({ id, userId: draft.userId });
    const isTwice = draft.steps.some(({ change }) => change.action === "create" && change.id === id);
    if (isTwice) faults.add(`${path}.id`, "is there twice");
    else if (state === "taken")
      faults.add(`${path}.id`, "cannot be used here. Leave it out, and the URL is a new one");
  }

  function planNew(of: Of, key: string, entry: ConfigEntrypoint): void {
    const { draft, faults, webhookId } = of;
    const path = `${of.path}.entrypoints.${key}`;
    if (entry.id !== undefined) checkNewId(entry.id, of, path);
    const id = entry.id ?? ids.newUnguessableId();
    // Within a millisecond, lists are in the order of the ids, which are random.
    const blank = newEntrypointRow({ id, webhookId, at: draft.now + draft.steps.length });
    const row = faults.within(path, () => wanted(blank, key, entry));
    if (row === null) return;
    const change = { action: "create", kind: "entrypoint", path, id, name: row.name } as const;
    const insert = mainDb.entrypoints.inserting(row);
    draft.steps.push({
      change: { ...change, fields: [], adopts: false },
      act() {
        if (entry.id !== undefined) mainDb.configObjects.dropDeletedEntrypoint({ id, userId: draft.userId });
        insert();
      },
    });
  }

  function planChange(
    of: Of,
    key: string,
    { entry, row }: { entry: ConfigEntrypoint; row: EntrypointRow },
  ): void {
    const { draft, faults } = of;
    const path = `${of.path}.entrypoints.${key}`;
    if (entry.id !== undefined && entry.id !== row.id) {
      faults.add(`${path}.id`, "cannot change. Leave it out, or use another key for another URL");
    }
    const after = faults.within(path, () => wanted(row, key, entry));
    if (after === null) return;
    const fields = listFieldChanges(views.entrypoint(row), views.entrypoint(after));
    if (fields.length === 0) return;
    const change = { action: "update", kind: "entrypoint", path, id: row.id, name: after.name } as const;
    draft.steps.push({
      change: { ...change, fields, adopts: row.managedBy === null },
      act: mainDb.entrypoints.updating({ before: row, after: { ...after, updatedAt: draft.now } }),
    });
  }

  /** The row as the file wants it: what the file leaves out has its default, but a secret stays. */
  function wanted(row: EntrypointRow, key: string, entry: ConfigEntrypoint): EntrypointRow {
    const { name = key, active = true, verification = null } = entry;
    const changed = rows.changed(row, { ...entry, name, active, verification });
    return { ...changed, key, managedBy: "file" };
  }

  return async (of: Of, existing: readonly EntrypointRow[]): Promise<void> => {
    const { draft, entries, webhookId } = of;
    const found = matchObjects(existing, entries);
    for (const [key, entry] of Object.entries(entries)) {
      const row = found.get(key);
      if (row) planChange(of, key, { entry, row });
      else planNew(of, key, entry);
      await draft.pause();
    }
    const named = new Set([...found.values()].map(({ id }) => id));
    for (const row of existing) {
      if (named.has(row.id)) continue;
      const path = `${of.path}.entrypoints.${row.key ?? row.id}`;
      const deletion = { id: row.id, webhookId, at: draft.now };
      const remove = mainDb.entrypoints.deleting({ row, deletion });
      leaveOut(draft, { kind: "entrypoint", path, row, remove });
    }
  };
}
