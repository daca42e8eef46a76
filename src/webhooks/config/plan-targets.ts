/** Plans the targets of one webhook. */
import type { TargetRow } from "../../storage/main-db/tables.ts";
import type { UseCaseDeps } from "../deps.ts";
import { createTargetRows, ofType } from "../rows/target-rows.ts";
import { fixedType } from "../targets.ts";
import { createTransformations, type TransformationInput } from "../transformations.ts";
import type { ConfigTarget } from "./document.ts";
import type { Faults } from "./faults.ts";
import { listFieldChanges } from "./field-changes.ts";
import { type Draft, leaveOut } from "./plan.ts";
import type { Views } from "./views.ts";

/** A target's entry with its row, or the id that it will have. */
export type MatchedTarget = Readonly<{ key: string; entry: ConfigTarget; id: string; row: TargetRow | null }>;

type Of = Readonly<{
  draft: Draft;
  faults: Faults;
  webhookId: string;
  /** Place of the webhook's entry. */
  path: string;
  /** The webhook's targets as the client sent them, before defaults were filled in. */
  sent: unknown;
}>;

export function createTargetPlanner(deps: UseCaseDeps & Readonly<{ views: Views }>) {
  const { mainDb, targetTypes, views } = deps;
  const rows = createTargetRows(deps);
  const transformations = createTransformations(deps);

  /** Code that an earlier version has is that version again, so that going back in the file goes back here. */
  function versionOf(row: TargetRow, sent: TransformationInput): number | "new" | null {
    if (sent === null) return null;
    if (sent.code === undefined) return sent.version ?? null;
    if (transformations.current(row)?.code === sent.code) return row.transformationVersion;
    return transformations.list(row.id).find(({ code }) => code === sent.code)?.version ?? "new";
  }

  function planNew(of: Of, { key, entry, id }: MatchedTarget): void {
    const { draft, faults, webhookId } = of;
    const path = `${of.path}.targets.${key}`;
    const { transformation = null } = entry;
    const row = faults.within(path, () => {
      const values = { ...entry, name: entry.name ?? key };
      const made = rows.made(values, { id, webhookId, input: sentTo(of.sent, key) }).row;
      const createdAt = draft.now + draft.steps.length;
      return { ...made, createdAt, key, managedBy: "file" as const };
    });
    if (row === null) return;
    draft.checks.push({ path, sent: transformation, of: { ...row, row: null } });
    const change = { action: "create", kind: "target", path, id, name: row.name } as const;
    const added = transformation?.code === undefined ? null : transformations.adding(id, transformation.code);
    const insert = mainDb.targets.inserting({ ...row, transformationVersion: added?.version ?? null });
    draft.steps.push({
      change: { ...change, fields: [], adopts: false },
      act() {
        insert();
        added?.write();
      },
    });
  }

  function planChange(of: Of, { key, entry, row }: MatchedTarget & { row: TargetRow }): void {
    const { draft, faults } = of;
    const path = `${of.path}.targets.${key}`;
    const { transformation = null } = entry;
    const after = faults.within(path, () => wanted(row, { key, entry, sent: sentTo(of.sent, key) }));
    if (after === null) return;
    draft.checks.push({ path, sent: transformation, of: { ...row, row } });
    const version = versionOf(row, transformation);
    const fields = listFieldChanges(views.target(row), views.target(after, version));
    if (fields.length === 0) return;
    const change = { action: "update", kind: "target", path, id: row.id, name: after.name } as const;
    const code = version === "new" ? transformation?.code : undefined;
    const added = code === undefined ? null : transformations.adding(row.id, code);
    const transformationVersion = version === "new" ? (added?.version ?? null) : version;
    const update = mainDb.targets.updating({
      before: row,
      after: { ...after, transformationVersion, updatedAt: draft.now },
    });
    draft.steps.push({
      change: { ...change, fields, adopts: row.managedBy === null },
      target: { webhookId: of.webhookId, targetId: row.id },
      act() {
        added?.write();
        update();
      },
    });
  }

  /** The row as the file wants it: what the file leaves out has its default, but a secret stays. */
  function wanted(row: TargetRow, of: { key: string; entry: ConfigTarget; sent: unknown }): TargetRow {
    const { key, entry, sent } = of;
    if (entry.type !== row.type)
      throw fixedType("cannot change. Use another key for a target of another type");
    const type = targetTypes.get(entry.type);
    const { name = key, active = true, config = {} } = entry;
    const signing = { scheme: type.signs === true ? "v1" : "none", ...entry.signing } as const;
    const changed = rows.changed(row, { ...entry, ...ofType(type, sent), name, active, config, signing });
    return { ...changed.row, key, managedBy: "file" };
  }

  return async (of: Of, matched: readonly MatchedTarget[], existing: readonly TargetRow[]): Promise<void> => {
    const { draft, webhookId } = of;
    for (const each of matched) {
      if (each.row === null) planNew(of, each);
      else planChange(of, { ...each, row: each.row });
      await draft.pause();
    }
    const named = new Set(matched.map(({ id }) => id));
    for (const row of existing) {
      if (named.has(row.id)) continue;
      const path = `${of.path}.targets.${row.key ?? row.id}`;
      const remove = mainDb.targets.deleting({ row, deletion: { id: row.id, webhookId, at: draft.now } });
      leaveOut(draft, { kind: "target", path, row, remove });
    }
  };
}

function sentTo(targets: unknown, key: string): unknown {
  return Object.entries(Object(targets)).find(([name]) => name === key)?.[1];
}
