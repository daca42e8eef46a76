/** A storage world whose events are as old as its clock says, with the retention's calls. */
import { Database } from "bun:sqlite";
import { newId, newIdAt } from "../../src/lib/ids.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import type { PruneRule, PruneStep } from "../../src/storage/event-db/prune.ts";
import type { DeliveryStatus, EventDraft } from "../../src/storage/event-db/types.ts";
import { createRetentionStore, type RetentionStore } from "../../src/storage/stores/retention-store.ts";
import type { StepLimits } from "../../src/storage/stores/step-size.ts";
import { createStorageWorld, query, type StorageWorld, settlement } from "./storage-world.ts";

export const DAY_MS = 86_400_000;

export type RetentionWorld = StorageWorld &
  Readonly<{
    webhookId: string;
    store: RetentionStore;
    /** Stores an event received now, with a first attempt for each target that ends in the given state. */
    receive: (
      fates?: Readonly<Record<string, DeliveryStatus>>,
      values?: Partial<EventDraft>,
    ) => Promise<string>;
    rule: (values?: Partial<PruneRule>) => PruneRule;
    /** Runs all steps to the end. */
    pruneAll: (rule: PruneRule) => Promise<readonly PruneStep[]>;
    ledgerFaults: () => readonly string[];
    rows: (table: "events" | "deliveries" | "delivery_results" | "rejected_requests") => number;
  }>;

/** Limits of steps that all have so many rows, however long they take. */
export const stepsOf = (rows: number): StepLimits => ({ least: rows, first: rows, most: rows, ms: 5 });

/** Rows of one step of the retention. */
export const ROWS_PER_STEP = 250;

/** With `vacuumMs`, steps that give space back also end by time; without it, only by the amount of work. */
export function createRetentionWorld(
  options: { dataDir?: string; webhookId?: string; rows?: number; vacuumMs?: number } = {},
): RetentionWorld {
  const world = createStorageWorld(options.dataDir === undefined ? {} : { dataDir: options.dataDir });
  const { clock, files, events } = world;
  const { webhookId = newId(), rows = ROWS_PER_STEP, vacuumMs = Number.POSITIVE_INFINITY } = options;
  const store = createRetentionStore({ ...world, limits: stepsOf(rows), vacuumMs });
  return {
    ...world,
    webhookId,
    store,
    async receive(fates = {}, values = {}) {
      const targets = Object.keys(fates).map((id) => ({ id, settlesAtIngest: false }));
      const { id: eventId } = await world.append({ webhookId, id: newIdAt(clock.now()), targets, ...values });
      for (const [targetId, status] of Object.entries(fates)) {
        if (status === "pending") continue;
        const reason = status === "failed" ? "Given up." : null;
        await events.settle(
          webhookId,
          settlement({ eventId, targetId, status, reason }, { startedAt: clock.now() }),
        );
      }
      return eventId;
    },
    rule: (values = {}) => {
      const now = clock.now();
      return {
        finishedBefore: now - DAY_MS,
        undeliveredBefore: now - 2 * DAY_MS,
        restingSince: now - DAY_MS,
        reason: "Too old.",
        enoughBytes: null,
        now,
        ...values,
      };
    },
    async pruneAll(rule) {
      const steps: PruneStep[] = [];
      for (let after: string | null = ""; after !== null; ) {
        const step: PruneStep = await store.prune(webhookId, after, rule);
        steps.push(step);
        after = step.next;
      }
      return steps;
    },
    ledgerFaults() {
      const db = new Database(files.pathOf(webhookId), { readonly: true });
      try {
        return listLedgerFaults(db);
      } finally {
        db.close();
      }
    },
    rows: (table) =>
      query<{ n: number }>(files.pathOf(webhookId), `SELECT count(*) AS n FROM ${table}`)[0]?.n ?? -1,
  };
}
