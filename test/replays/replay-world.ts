/** The delivery world with replays of many events, which can be stopped between two of their steps as by a crash. */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { newId } from "../../src/lib/ids.ts";
import { createReplayRuns, type ReplayRuns, type SeenReplay } from "../../src/replays/replay-runs.ts";
import type { EventFilter } from "../../src/storage/event-db/event-filter.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import type { ReplayOrder } from "../../src/storage/event-db/replays/replay-run.ts";
import { createReplayStore } from "../../src/storage/stores/replay-store.ts";
import { createWorld, type World } from "../delivery/delivery-world.ts";
import type { WorldTarget } from "../delivery/scripted-targets.ts";
import { createRecordingLog } from "../support/recording-log.ts";

type Fate = Readonly<{ eventId: string; targetId: string; status: string; replays: number }>;

export type ReplayWorld = World &
  Readonly<{
    webhookId: string;
    readonly runs: ReplayRuns;
    /** Number of steps taken so far by all replays. */
    steps: () => number;
    /** After this many more steps, none runs until the next call; null removes the limit. */
    allowSteps: (count: number | null) => void;
    begin: (order: Partial<ReplayOrder>) => Promise<SeenReplay>;
    ended: (id: string) => Promise<SeenReplay>;
    /** Starts another process over the same files; the former one takes no further step. */
    crash: () => Promise<void>;
    fates: (target?: WorldTarget) => readonly Fate[];
    ledgerFaults: () => readonly string[];
    dispose: () => Promise<void>;
  }>;

export const everything = (filter: EventFilter = {}): Pick<ReplayOrder, "selection"> => ({
  selection: { kind: "filter", filter },
});

export function createReplayWorld(): ReplayWorld {
  const world = createWorld();
  const webhookId = newId();
  const { clock, events, routing, files, writer } = world;
  const { log } = createRecordingLog();
  const stored = createReplayStore({ files, writer, reader: world.reader });
  let steps = 0;
  let left = Number.POSITIVE_INFINITY;
  let life = 0;

  function newRuns(): ReplayRuns {
    const own = ++life;
    return createReplayRuns({
      events,
      routing,
      clock,
      log,
      onDue: (id) => world.engine.nudge(id),
      store: {
        ...stored,
        async step(of, given) {
          // A process that was killed takes no further step.
          while (left <= 0 || own !== life) await new Promise((resolve) => setImmediate(resolve));
          left--;
          steps++;
          return stored.step(of, given);
        },
      },
      rest: () => new Promise((resolve) => setImmediate(resolve)),
    });
  }
  let runs = newRuns();

  function read<T>(query: (db: Database) => T): T {
    const db = new Database(files.pathOf(webhookId), { readonly: true });
    try {
      return query(db);
    } finally {
      db.close();
    }
  }

  return {
    ...world,
    webhookId,
    get engine() {
      return world.engine;
    },
    get runs() {
      return runs;
    },
    steps: () => steps,
    allowSteps(count) {
      left = count ?? Number.POSITIVE_INFINITY;
    },
    begin: (order) =>
      runs.begin(webhookId, {
        ...everything(),
        targetId: null,
        onlyMissing: false,
        askedBy: "ada",
        ...order,
      }),
    async ended(id) {
      let run = await runs.get({ webhookId, id });
      while (run.state !== "done" && run.state !== "cancelled") {
        await new Promise((resolve) => setImmediate(resolve));
        run = await runs.get({ webhookId, id });
      }
      return run;
    },
    async crash() {
      runs = newRuns();
      await runs.start([webhookId]);
    },
    fates: (target) =>
      read((db) =>
        db
          .query<Fate, []>(
            "SELECT event_id AS eventId, target_id AS targetId, status, replays FROM deliveries ORDER BY 1, 2",
          )
          .all()
          .filter(({ targetId }) => target === undefined || targetId === target.id),
      ),
    // A deleted webhook has none.
    ledgerFaults: () => (existsSync(files.pathOf(webhookId)) ? read(listLedgerFaults) : []),
    async dispose() {
      left = Number.POSITIVE_INFINITY;
      await runs.stop();
      await world.dispose();
    },
  };
}
