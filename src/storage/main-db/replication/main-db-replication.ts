/** The main database as the leader's original or a follower's copy: which it is, how far it goes, and its changes. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import { RowApplier } from "./apply-rows.ts";
import { asApplied } from "./as-applied.ts";
import { Outbox, type OutboxBatch } from "./outbox.ts";
import type { RowChange } from "./row-change.ts";
import { touching } from "./touched-webhooks.ts";
import { createTriggers, dropTriggers } from "./triggers.ts";

export type ReplicationRole = "leading" | "following";

export type ReplicationState = Readonly<{
  /** Identity of the log. */
  born: string;
  /** Position of the last entry of the log that is applied here. */
  position: number;
  /** Reading the log begins behind it at the next start. */
  syncedPosition: number;
  role: ReplicationRole;
  /** False for a spare, which has no event files. */
  keeps: boolean;
  /** Changes are not in the log yet, as far as this database knows. */
  hasUnshipped: boolean;
  /** Schema version that the node's event files may have; null before the first note of it. */
  eventSchema: number | null;
}>;

export type AppliedRows = Readonly<{
  /** Webhooks that came to be, so that their event files can be made. */
  created: readonly string[];
  /** Webhooks that are marked as deleted now, or gone. */
  deleted: readonly string[];
}>;

export type MainDbReplication = Readonly<{
  /** Null while the database is no part of a cluster. */
  state: () => ReplicationState | null;
  /** Makes the database part of a cluster; it then begins with an empty outbox. */
  join: (of: { born: string; position: number; role: ReplicationRole }) => void;
  leave: () => void;
  /** From now on changes are captured. */
  lead: () => void;
  /** From now on changes are refused. */
  follow: () => void;
  /**
   * Returns the oldest captured changes, about `maxBytes` of them and at least one; null if there are none. Returns the
   * same again until they are forgotten.
   */
  outbox: (maxBytes: number) => OutboxBatch | null;
  /** Number of the latest captured change; null if there is none. */
  lastCaptured: () => number | null;
  /** Forgets captured changes that the log has at that position, and notes the position, in one transaction. */
  forget: (upTo: number, position: number) => void;
  /**
   * Applies the rows and the position in one transaction, neither captured nor refused, and drops what is known of them
   * from memory. Does nothing if `position` was applied before. Columns and tables that only the leader's version or only
   * this one has are provided for; throws UnfitRows, and applies nothing, if they differ in more than that.
   */
  apply: (changes: readonly RowChange[], position: number) => AppliedRows;
  /** True for a webhook that is there and not deleted. */
  hasWebhook: (webhookId: string) => boolean;
  /** True for a webhook that is deleted, or hidden until its import ends. */
  hasDeletedWebhook: (webhookId: string) => boolean;
  /** Notes where reading the log begins at the next start. */
  noteSynced: (position: number) => void;
  /** Notes which schema version the node's event files may have from now on. */
  noteEventSchema: (version: number) => void;
}>;

const stateRow = z.object({
  born: z.string(),
  position: z.number(),
  synced_position: z.number(),
  role: z.enum(["leading", "following"]),
  event_schema: z.number().nullable(),
  keeps: z.literal([0, 1]),
});

export function createMainDbReplication(deps: {
  db: Database;
  /** Called after rows were applied, with the webhooks whose rows changed. */
  applied: (webhookIds: readonly string[]) => void;
  /** Called when this database has become the leader's. */
  led: () => void;
}): MainDbReplication {
  const { db, applied, led } = deps;
  const outbox = new Outbox(db);
  const applier = new RowApplier(db);
  const read = db.prepare<unknown, []>(
    "SELECT born, position, synced_position, role, keeps, event_schema FROM cluster_state",
  );
  const setRole = db.prepare<unknown, [string]>("UPDATE cluster_state SET role = ?");
  const setPosition = db.prepare<unknown, [number]>("UPDATE cluster_state SET position = max(position, ?)");
  const setSynced = db.prepare<unknown, [number]>("UPDATE cluster_state SET synced_position = ?");
  const setEventSchema = db.prepare<unknown, [number]>("UPDATE cluster_state SET event_schema = ?");
  const findLive = db.prepare<unknown, [string]>(
    "SELECT 1 FROM webhooks WHERE id = ? AND deleted_at IS NULL",
  );
  const findDeleted = db.prepare<unknown, [string]>(
    "SELECT 1 FROM webhooks WHERE id = ? AND deleted_at IS NOT NULL",
  );
  const insert = db.prepare<unknown, [string, number, number, string]>(
    "INSERT INTO cluster_state (born, position, synced_position, role) VALUES (?, ?, ?, ?)",
  );

  function readState() {
    const row = read.get();
    return row === null ? null : stateRow.parse(row);
  }

  function reset(): void {
    dropTriggers(db);
    outbox.clear();
    db.run("DELETE FROM cluster_state");
  }

  return {
    state() {
      const row = readState();
      if (row === null) return null;
      const { born, position, synced_position: syncedPosition, role, event_schema: eventSchema } = row;
      const [keeps, hasUnshipped] = [row.keeps === 1, outbox.last() !== null];
      return { born, position, syncedPosition, role, keeps, eventSchema, hasUnshipped };
    },
    join: db.transaction(({ born, position, role }) => {
      reset();
      insert.run(born, position, position, role);
      createTriggers(db);
    }).immediate,
    leave: db.transaction(reset).immediate,
    lead() {
      setRole.run("leading");
      led();
    },
    follow: () => void setRole.run("following"),
    outbox: (maxBytes) => outbox.next(maxBytes),
    lastCaptured: () => outbox.last(),
    forget: db.transaction((upTo: number, position: number) => {
      outbox.forget(upTo);
      setPosition.run(position);
    }).immediate,
    apply(changes, position) {
      if (position <= (readState()?.position ?? 0)) return { created: [], deleted: [] };
      const { changed, ...result } = asApplied(db, (role) => {
        if (role !== "following") throw new Error("only a following main database applies rows");
        applier.readTables();
        const touched = touching(db, changes, () => {
          for (const change of changes) applier.apply(change);
        });
        setPosition.run(position);
        return touched;
      });
      applied(changed);
      return result;
    },
    hasWebhook: (webhookId) => findLive.get(webhookId) !== null,
    hasDeletedWebhook: (webhookId) => findDeleted.get(webhookId) !== null,
    noteSynced: (position) => void setSynced.run(position),
    noteEventSchema: (version) => void setEventSchema.run(version),
  };
}
