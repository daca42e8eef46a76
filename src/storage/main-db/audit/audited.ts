/** Adds an entry to the audit log with each change of a webhook or its parts, in the same transaction. */
import { GATEWAY } from "../../../observability/acting.ts";
import { readSettings } from "../../../settings/entrypoint-settings.ts";
import { readWebhookSettings } from "../../../settings/webhook-settings.ts";
import type { EntrypointQueries } from "../entrypoints.ts";
import type { ProblemQueries } from "../problems.ts";
import type { SealedRowQueries } from "../sealed-rows.ts";
import type { EntrypointRow, WebhookRow } from "../tables.ts";
import type { TargetQueries } from "../targets.ts";
import type { TransferQueries } from "../transfer.ts";
import type { WebhookQueries } from "../webhooks.ts";
import type { Auditing } from "./audit-log.ts";
import { auditOwner } from "./audited-owner.ts";
import { changedFields } from "./changed-fields.ts";

type Named = Readonly<{ id: string; name: string }>;

/** Queries on the parts of webhooks and on webhooks themselves. */
type PartQueries<Row, Change, Deletion> = Readonly<{
  insert: (row: Row) => void;
  update: (change: Change) => void;
  softDelete: (of: Deletion) => void;
}>;

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
): PartQueries<Row, Change, Deletion> {
  const { kind, queries, find, webhookIdOf, completed = (row) => row } = of;

  function add(verb: string, row: Row, more: { name?: string; fields?: readonly string[] } = {}): void {
    const { name = row.name, fields = [] } = more;
    const action = `${kind}.${verb}`;
    audit.add({ action, objectId: row.id, objectName: name, webhookId: webhookIdOf(row), fields });
  }

  return {
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        add("create", row);
      }),
    update: (change) =>
      transactions.run(() => {
        const before = find(change);
        queries.update(change);
        const fields = before ? changedFields(completed(before), completed(change)) : [];
        // An update that changes nothing adds no entry; its request adds one.
        if (before && fields.length > 0) add("update", before, { name: change.name, fields });
      }),
    softDelete: (of) =>
      transactions.run(() => {
        const row = find(of);
        queries.softDelete(of);
        if (row) add("delete", row);
      }),
  };
}

export function auditWebhooks(queries: WebhookQueries, auditing: Auditing): WebhookQueries {
  const find = ({ id }: { id: string }) => queries.find(id);
  const webhookIdOf = ({ id }: { id: string }) => id;
  const completed = (row: Pick<WebhookRow, "settings">) => ({
    ...row,
    settings: readWebhookSettings(row.settings),
  });
  return {
    ...queries,
    ...auditPart({ kind: "webhook", queries, find, webhookIdOf, completed }, auditing),
    setOwner: auditOwner(queries, auditing),
  };
}

export function auditEntrypoints(queries: EntrypointQueries, auditing: Auditing): EntrypointQueries {
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

export function auditTargets(queries: TargetQueries, auditing: Auditing): TargetQueries {
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
