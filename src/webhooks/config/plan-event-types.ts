/** Plans a user's catalogue of event types, whose names are what they are known by. */
import type { EventTypeRow } from "../../storage/main-db/catalogue/event-types.ts";
import { jsonOfType, MAX_TYPES, toEventType } from "../catalogue/event-type-json.ts";
import type { UseCaseDeps } from "../deps.ts";
import type { ConfigEventType } from "./document.ts";
import type { Faults } from "./faults.ts";
import { listFieldChanges, type View } from "./field-changes.ts";
import { type Draft, leaveOut } from "./plan.ts";

const PATH = "event_types";

export function createEventTypePlanner({ mainDb, ids }: UseCaseDeps) {
  const { eventTypes } = mainDb;

  function planOne(draft: Draft, row: EventTypeRow, of: { path: string; before: EventTypeRow | undefined }) {
    const { path, before } = of;
    const base = { kind: "event_type", path, id: row.id, name: row.name } as const;
    if (before === undefined) {
      const change = { ...base, action: "create", fields: [], adopts: false } as const;
      draft.steps.push({ change, act: eventTypes.inserting(row) });
      return;
    }
    const fields = listFieldChanges(viewOf(before), viewOf(row));
    if (fields.length === 0) return;
    const change = { ...base, action: "update", fields, adopts: before.managedBy === null } as const;
    draft.steps.push({ change, act: eventTypes.updating({ before, after: row }) });
  }

  return async (draft: Draft, faults: Faults, wanted: readonly ConfigEventType[]): Promise<void> => {
    const { userId, now } = draft;
    const existing = eventTypes.list(userId);
    const byName = new Map(existing.map((row) => [row.name, row]));
    const named = new Set<string>();
    for (const [index, { name, description, schema, example }] of wanted.entries()) {
      const path = `${PATH}.${index}`;
      if (named.has(name)) faults.add(`${path}.name`, "is there twice");
      named.add(name);
      const json = faults.within(path, () => jsonOfType({ schema, example }));
      const before = byName.get(name);
      const born = { id: ids.newId(), userId, name, createdAt: now };
      const said = { description, managedBy: "file", updatedAt: now } as const;
      if (json !== null) planOne(draft, { ...(before ?? born), ...said, ...json }, { path, before });
      await draft.pause();
    }
    const others = existing.filter(({ name }) => !named.has(name));
    for (const row of others) {
      leaveOut(draft, { kind: "event_type", path: PATH, row, remove: eventTypes.deleting(row) });
    }
    const staying = others.filter(({ managedBy }) => !draft.prune || managedBy === null).length;
    if (staying + named.size > MAX_TYPES) {
      faults.add(PATH, `would be more than ${MAX_TYPES} with the ${staying} of your catalogue that stay`);
    }
  };
}

function viewOf(row: EventTypeRow): View {
  const { managedBy, description, schema, example } = toEventType(row);
  const view = { managed_by: managedBy, description, schema, example };
  return { stored: view, shown: view };
}
