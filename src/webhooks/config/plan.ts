/** Plans an apply: the steps that bring a user's objects to what a file of configuration says. */
import type { Pause } from "../../lib/pauses.ts";
import type { EntrypointRow, TargetRow, WebhookRow } from "../../storage/main-db/tables.ts";
import type { TransformationInput } from "../transformations.ts";
import type { FieldChange } from "./field-changes.ts";

export const OBJECT_KINDS = [
  "portal_settings",
  "event_type_settings",
  "event_type",
  "webhook",
  "entrypoint",
  "target",
  "member",
] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export type ConfigChange = Readonly<{
  action: "create" | "update" | "delete";
  kind: ObjectKind;
  /** Where the file has it, such as "webhooks.orders.targets.billing"; what is to be deleted, it no longer has. */
  path: string;
  id: string;
  name: string;
  /** Empty unless it is an update. */
  fields: readonly FieldChange[];
  /** True if the object was not in a file before, and is found by its name or id. */
  adopts: boolean;
}>;

/** An object that the file does not name, and that stays. */
export type Kept = Readonly<{
  kind: ObjectKind;
  path: string;
  id: string;
  name: string;
  /** True if a file made or adopted it, so that pruning deletes it. */
  managed: boolean;
}>;

export type Step = Readonly<{
  change: ConfigChange;
  /** Runs in the transaction of the whole apply. */
  act: () => void;
  /** The target whose settings change. */
  target?: Readonly<{ webhookId: string; targetId: string }>;
}>;

/** Code that must be checked before anything is done. */
export type CodeCheck = Readonly<{
  path: string;
  sent: TransformationInput;
  of: Readonly<{ settlesAtIngest: boolean; row: TargetRow | null }>;
}>;

export type Plan = Readonly<{
  steps: readonly Step[];
  kept: readonly Kept[];
  checks: readonly CodeCheck[];
}>;

/** Parts of one plan, while it grows. */
export type Draft = Readonly<{
  userId: string;
  prune: boolean;
  now: number;
  /** To be awaited between objects. */
  pause: Pause;
  steps: Step[];
  kept: Kept[];
  checks: CodeCheck[];
}>;

type Named = Readonly<{ id: string; name: string; managedBy: "file" | null }>;
export type PartRow = WebhookRow | EntrypointRow | TargetRow;

/** Plans what becomes of an object that the file does not name: only what came from a file is ever deleted. */
export function leaveOut(
  draft: Draft,
  of: Readonly<{ kind: ObjectKind; path: string; row: Named; remove: () => void }>,
): void {
  const { kind, path, row, remove } = of;
  const { id, name } = row;
  const managed = row.managedBy !== null;
  if (!draft.prune || !managed) draft.kept.push({ kind, path, id, name, managed });
  else {
    const change = { action: "delete", kind, path, id, name, fields: [], adopts: false } as const;
    draft.steps.push({ change, act: remove });
  }
}
