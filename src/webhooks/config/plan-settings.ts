/** Plans the settings of a user that there is one of each of. */
import type { UseCaseDeps } from "../deps.ts";
import type { ConfigDocument } from "./document.ts";
import { listFieldChanges, type View } from "./field-changes.ts";
import { type Draft, leaveOut } from "./plan.ts";

type Kind = "portal_settings" | "event_type_settings";
type Stored<Values> = Values & Readonly<{ managedBy: "file" | null }>;

export function createSettingsPlanner({ mainDb }: UseCaseDeps) {
  const { portals, eventTypes } = mainDb;

  function planOne<Values extends Readonly<Record<string, unknown>>>(
    draft: Draft,
    of: Readonly<{
      kind: Kind;
      /** Undefined: the file does not say. */
      wanted: Values | undefined;
      stored: Stored<Values> | null;
      set: (values: Stored<Values>) => void;
      remove: () => void;
    }>,
  ): void {
    const { kind, wanted, stored, set, remove } = of;
    const base = { kind, path: kind, id: draft.userId, name: "" } as const;
    if (wanted === undefined) {
      if (stored !== null)
        leaveOut(draft, { ...base, row: { ...base, managedBy: stored.managedBy }, remove });
      return;
    }
    const after = { ...wanted, managedBy: "file" } as const;
    const act = () => set(after);
    if (stored === null) {
      draft.steps.push({ change: { ...base, action: "create", fields: [], adopts: false }, act });
      return;
    }
    const fields = listFieldChanges(viewOf(stored), viewOf(after));
    if (fields.length === 0) return;
    const adopts = stored.managedBy === null;
    draft.steps.push({ change: { ...base, action: "update", fields, adopts }, act });
  }

  return (draft: Draft, document: ConfigDocument): void => {
    const { userId } = draft;
    planOne(draft, {
      kind: "portal_settings",
      wanted: document.portal_settings,
      stored: portals.settingsOf(userId),
      set: (values) => portals.setSettings({ userId, ...values }),
      remove: () => portals.removeSettings(userId),
    });
    planOne(draft, {
      kind: "event_type_settings",
      wanted: document.event_type_settings,
      stored: eventTypes.settingsOf(userId),
      set: (values) => eventTypes.setSettings({ userId, ...values }),
      remove: () => eventTypes.removeSettings(userId),
    });
  };
}

function viewOf({ managedBy, ...values }: Stored<Readonly<Record<string, unknown>>>): View {
  const view = { managed_by: managedBy, ...values };
  return { stored: view, shown: view };
}
