/** Adds an entry to the audit log with each change of a webhook or its parts, in the same transaction. */
import { GATEWAY } from "../../../observability/acting.ts";
import { readSettings } from "../../../settings/entrypoint-settings.ts";
import { readWebhookSettings } from "../../../settings/webhook-settings.ts";
import type { EntrypointQueries } from "../entrypoints.ts";
import type { ProblemQueries } from "../problems.ts";
import type { RowWrite } from "../row-statements.ts";
import type { SealedRowQueries } from "../sealed-rows.ts";
import type { EntrypointRow, TargetRow, WebhookRow } from "../tables.ts";
import type { TargetQueries } from "../targets.ts";
import type { TransferQueries } from "../transfer.ts";
import type { WebhookQueries } from "../webhooks.ts";
import type { Auditing } from "./audit-log.ts";
import { auditOwner } from "./audited-owner.ts";
import { changedFields } from "./changed-fields.ts";

type Named = Readonly<{ id: string; name: string }>;

/** Queries on webhooks and on their parts. */
type PartQueries<Row, Change, Deletion> = Readonly<{
  inserting: (row: Row) => RowWrite;
  updating: (change: Change) => RowWrite;
  softDelete: (of: Deletion) => void;
}>;

type AuditedPart<Row, Change, Deletion> = Readonly<{
  /** Does now what needs no transaction, and returns the rest. */
  inserting: (row: Row) => RowWrite;
  /** Does now what needs no transaction, and returns the rest. `before` must still be stored when that runs. */
  updating: (of: Readonly<{ before: Row; after: Change }>) => RowWrite;
  /** Deletes a row that is known to be stored. */
  deleting: (of: Readonly<{ row: Row; deletion: Deletion }>) => RowWrite;
  insert: (row: Row) => void;
  update: (change: Change) => void;
  softDelete: (of: Deletion) => void;
}>;

type Deletion = Readonly<{ id: string; webhookId: string; at: number }>;
type ChangeOf<Queries extends Readonly<{ updating: (change: never) => RowWrite }>> = Parameters<
  Queries["updating"]
>[0];

export type AuditedWebhooks = Omit<WebhookQueries, keyof AuditedPart<never, never, never>> &
  AuditedPart<WebhookRow, ChangeOf<WebhookQueries>, Omit<Deletion, "webhookId">>;
export type AuditedEntrypoints = Omit<EntrypointQueries, keyof AuditedPart<never, never, never>> &
  AuditedPart<EntrypointRow, ChangeOf<EntrypointQueries>, Deletion>;
export type AuditedTargets = Omit<TargetQueries, keyof AuditedPart<never, never, never>> &
  AuditedPart<TargetRow, ChangeOf<TargetQueries>, Deletion>;

function auditPart<Row extends Named, Change extends Named, Deletion>(
  of: Readonly<{
    kind: "webhook" | "entrypoint" | "target";
    queries: PartQueries<Row, Change, Deletion>;
    find: (of: Change | Deletion) => Row | null;
    webhookIdOf: (row: Row) => string;
    /** Fills in the defaults, so that a setting does not look changed when it is stored for the first time. */
    completed?: (row: Row | Change) => Readonly<Record<string, unknown>>;
  }>,
  { audit, transactions }: Auditing,
): AuditedPart<Row, Change, Deletion> {
  const { kind, queries, find, webhookIdOf, completed = (row) => row } = of;

  function add(verb: string, row: Row, more: { name?: string; fields?: readonly string[] } = {}): void {
    const { name = row.name, fields = [] } = more;
    const action = `${kind}.${verb}`;
    audit.add({ action, objectId: row.id, objectName: name, webhookId: webhookIdOf(row), fields });
  }

  function inserting(row: Row): RowWrite {
    const write = queries.inserting(row);
    return () =>
      transactions.run(() => {
        write();
        add("create", row);
      });
  }

  function updating({ before, after }: Readonly<{ before: Row; after: Change }>): RowWrite {
    const write = queries.updating(after);
    const fields = changedFields(completed(before), completed(after));
    return () =>
      transactions.run(() => {
        write();
        // An update that changes nothing adds no entry; its request adds one.
        if (fields.length > 0) add("update", before, { name: after.name, fields });
      });
  }

  function deleting({ row, deletion }: Readonly<{ row: Row; deletion: Deletion }>): RowWrite {
    return () =>
      transactions.run(() => {
        queries.softDelete(deletion);
        add("delete", row);
      });
  }

  return {
    inserting,
    updating,
    deleting,
    insert: (row) => inserting(row)(),
    update: (after) =>
      transactions.run(() => {
        const before = find(after);
        if (before !== null) updating({ before, after })();
      }),
    softDelete: (deletion) =>
      transactions.run(() => {
        const row = find(deletion);
        if (row !== null) deleting({ row, deletion })();
      }),
  };
}

export function auditWebhooks(queries: WebhookQueries, auditing: Auditing): AuditedWebhooks {
  const find = ({ id }: { id: string }) => queries.find(id);
  const webhookIdOf = ({ id }: { id: string }) => id;
  const completed = (row: Pick<WebhookRow, "settings">) => ({
    ...row,
    settings: readWebhookSettings(row.settings),
  });
  const of = { kind: "webhook", find, webhookIdOf, completed } as const;
  const reserved = { ...queries, inserting: queries.insertingReserved };
  return {
    ...queries,
    ...auditPart({ ...of, queries }, auditing),
    insertingReserved: auditPart({ ...of, queries: reserved }, auditing).inserting,
    setOwner: auditOwner(queries, auditing),
  };
}

export function auditEntrypoints(queries: EntrypointQueries, auditing: Auditing): AuditedEntrypoints {
  const { find } = queries;
  const completed = (row: Pick<EntrypointRow, "settings">) => ({
    ...row,
    settings: readSettings(row.settings),
  });
  return {
    ...queries,
    ...auditPart({ kind: "entrypoint", queries, find, webhookIdOf, completed }, auditing),
  };
}

export function auditTargets(queries: TargetQueries, auditing: Auditing): AuditedTargets {
  const { audit, transactions } = auditing;
  const { find } = queries;
  return {
    ...queries,
    ...auditPart({ kind: "target", queries, find, webhookIdOf }, auditing),
    deactivate: (of) =>
      transactions.run(() => {
        const row = find(of);
        queries.deactivate(of);
        if (row?.active !== true) return;
        const fields = ["active", "deactivated_reason"];
        const { id: objectId, name: objectName, webhookId } = row;
        audit.add({ action: "target.update", objectId, objectName, webhookId, fields, by: GATEWAY });
      }),
  };
}

export function auditProblems(queries: ProblemQueries, { audit, transactions }: Auditing): ProblemQueries {
  return {
    ...queries,
    acknowledge: (of) =>
      transactions.run(() => {
        queries.acknowledge(of);
        const row = queries.find(of.id);
        if (row === null) return;
        const { id: objectId, subjectName: objectName, webhookId } = row;
        const fields = ["acknowledgement"];
        audit.add({ action: "problem.acknowledge", objectId, objectName, webhookId, fields });
      }),
  };
}

function webhookIdOf({ webhookId }: { webhookId: string }): string {
  return webhookId;
}

/** An import becomes an entry when its webhook can be seen. */
export function auditTransfer(
  queries: TransferQueries,
  { audit, transactions, nameOf }: Auditing & Readonly<{ nameOf: (webhookId: string) => string | undefined }>,
): TransferQueries {
  return {
    ...queries,
    reveal: (webhookId) =>
      transactions.run(() => {
        queries.reveal(webhookId);
        const objectName = nameOf(webhookId) ?? null;
        audit.add({ action: "webhook.import", objectId: webhookId, objectName, webhookId });
      }),
  };
}

export function auditSealedRows(queries: SealedRowQueries, { audit }: Auditing): SealedRowQueries {
  return {
    ...queries,
    changeAll: (change, last) =>
      queries.changeAll(change, () => {
        last();
        audit.add({ action: "secret_key.rotate" });
      }),
  };
}
