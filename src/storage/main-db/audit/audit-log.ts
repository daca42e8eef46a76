/** The audit log: entries are added in the transaction of their change, numbered without gaps, and never changed. */
import type { Database } from "bun:sqlite";
import type { Clock } from "../../../lib/clock.ts";
import { type Actor, currentAct, GATEWAY } from "../../../observability/acting.ts";
import type { Transactions } from "../transactions.ts";
import { type AuditRow, hashOf } from "./entry.ts";
import { type AuditPage, createAuditSearch, type WantedEntries } from "./search.ts";

export type AuditedChange = Readonly<{
  /** Kind of object and verb, such as "target.update". */
  action: string;
  objectId?: string | null;
  /** The object's name at that time. */
  objectName?: string | null;
  /** The webhook that the object belongs to, or is. */
  webhookId?: string | null;
  /** Owner of the object; left out, the webhook's owner. */
  ownerId?: string | null;
  /** Names of the changed fields, without values. */
  fields?: readonly string[];
  outcome?: AuditRow["outcome"];
  code?: string | null;
  /** Stands in for who acts by the context. */
  by?: Actor;
}>;

export type AuditLog = Readonly<{
  /** Adds an entry, in the transaction under way if there is one. */
  add: (change: AuditedChange) => void;
  /** Finds entries, the latest first. */
  search: (wanted: WantedEntries) => AuditPage;
  /** Deletes some entries older than `before`; returns true if there are more. */
  pruneStep: (before: number) => boolean;
}>;

export type Auditing = Readonly<{ audit: Pick<AuditLog, "add">; transactions: Transactions }>;

type Ends = Readonly<{ last_number: number; last_hash: string }>;
/** The last entry of a transaction, which may add many. */
type Chain = { transaction: object | null; number: number; hash: string };

/** Names are people's text; everything else is short. */
const MAX_NAME_LENGTH = 200;
/** Takes about 4 ms. */
const PRUNE_STEP = 100;

export function createAuditLog(deps: {
  db: Database;
  clock: Pick<Clock, "now">;
  transactions: Transactions;
}): AuditLog {
  const { db, clock, transactions } = deps;
  const ends = db.prepare<Ends, []>("SELECT last_number, last_hash FROM audit_log_ends");
  const moveEnd = db.prepare<unknown, [number, string]>(
    "UPDATE audit_log_ends SET last_number = ?, last_hash = ?",
  );
  const ownerOf = db.prepare<{ user_id: string }, [string]>("SELECT user_id FROM webhooks WHERE id = ?");
  const insert = db.prepare(
    `INSERT INTO audit_log VALUES ($number, $at, $via, $user_id, $session_id, $key_id, $remote_address, $request_id,
       $action, $outcome, $code, $object_id, $object_name, $webhook_id, $owner_id, $fields, $hash)`,
  );

  let chain: Chain = { transaction: null, number: 0, hash: "" };

  /** Read once and written once in a transaction: of a thousand entries that would be half of the work. */
  function chainOf(transaction: object | null): Chain {
    if (transaction !== null && chain.transaction === transaction) return chain;
    const { last_number: number, last_hash: hash } = ends.get() ?? { last_number: 0, last_hash: "" };
    const begun: Chain = { transaction, number, hash };
    transactions.beforeCommit(() => moveEnd.run(begun.number, begun.hash));
    chain = begun;
    return begun;
  }

  function toRow(change: AuditedChange, number: number): Omit<AuditRow, "hash"> {
    const { outcome = "done", webhookId = null } = change;
    const { via, userId, sessionId, keyId, remoteAddress, requestId } =
      change.by ?? currentAct()?.actor ?? GATEWAY;
    // A refusal says nothing to the owner: anyone can ask for any id.
    const owner = webhookId !== null && outcome === "done" ? ownerOf.get(webhookId)?.user_id : undefined;
    return {
      number,
      at: clock.now(),
      via,
      user_id: userId,
      session_id: sessionId,
      key_id: keyId,
      remote_address: remoteAddress,
      request_id: requestId,
      action: change.action,
      outcome,
      code: change.code ?? null,
      object_id: change.objectId ?? null,
      object_name: change.objectName?.slice(0, MAX_NAME_LENGTH) ?? null,
      webhook_id: webhookId,
      owner_id: change.ownerId ?? owner ?? null,
      fields: JSON.stringify(change.fields ?? []),
    };
  }

  return {
    add(change) {
      transactions.run(() => {
        const last = chainOf(transactions.current());
        const row = toRow(change, last.number + 1);
        const hash = hashOf(last.hash, row);
        insert.run({ ...row, hash });
        last.number = row.number;
        last.hash = hash;
        const act = currentAct();
        transactions.afterCommit(() => {
          if (act !== null) act.last = { number: row.number, hash };
        });
      });
    },
    search: createAuditSearch(db),
    pruneStep(before) {
      return transactions.run(() => {
        const oldest = db
          .query<Pick<AuditRow, "number" | "hash" | "at">, [number]>(
            "SELECT number, hash, at FROM audit_log ORDER BY number LIMIT ?",
          )
          .all(PRUNE_STEP);
        // Up to the first that is young enough: the clock may have been set back, and a gap must not arise.
        const young = oldest.findIndex(({ at }) => at >= before);
        const old = young === -1 ? oldest : oldest.slice(0, young);
        const last = old.at(-1);
        if (!last) return false;
        db.query<unknown, [number, string]>(
          "UPDATE audit_log_ends SET pruned_number = ?, pruned_hash = ?",
        ).run(last.number, last.hash);
        db.query<unknown, [number]>("DELETE FROM audit_log WHERE number <= ?").run(last.number);
        return old.length === PRUNE_STEP;
      });
    },
  };
}
