/** Progress of each target of a replay, as rows of the event file. */
import type { Database } from "bun:sqlite";

/** `removed`: a user excluded the target from the replay. */
type ReplayTargetState = "running" | "done" | "removed";

export type ReplayRunTarget = Readonly<{
  targetId: string;
  state: ReplayTargetState;
  /** The last event processed for this target. */
  cursor: string;
  /** Number of its deliveries when the replay was counted; null if unknown. */
  matched: number | null;
  replayed: number;
  /** Deliveries left out because the target was deleted. */
  skipped: number;
}>;

type Row = {
  run_id: string;
  target_id: string;
  state: ReplayTargetState;
  cursor: string;
  matched: number | null;
  replayed: number;
  skipped: number;
};

export function listReplayTargets(db: Database, runId: string): readonly ReplayRunTarget[] {
  return db
    .query<Row, [string]>("SELECT * FROM replay_targets WHERE run_id = ? ORDER BY target_id")
    .all(runId)
    .map(toTarget);
}

/** The targets of all runs by run id. */
export function listAllReplayTargets(db: Database): ReadonlyMap<string, readonly ReplayRunTarget[]> {
  const rows = db.query<Row, []>("SELECT * FROM replay_targets ORDER BY run_id, target_id").all();
  return new Map(
    Map.groupBy(rows, (row) => row.run_id)
      .entries()
      .map(([id, own]) => [id, own.map(toTarget)]),
  );
}

export function saveReplayTarget(db: Database, runId: string, target: ReplayRunTarget): void {
  const { targetId, state, cursor, matched, replayed, skipped } = target;
  db.query<unknown, (string | number | null)[]>(
    `INSERT OR REPLACE INTO replay_targets (run_id, target_id, state, cursor, matched, replayed, skipped)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  ).run(runId, targetId, state, cursor, matched, replayed, skipped);
}

export function newReplayTarget(
  of: Pick<ReplayRunTarget, "targetId" | "cursor"> & Partial<ReplayRunTarget>,
): ReplayRunTarget {
  return { state: "running", matched: null, replayed: 0, skipped: 0, ...of };
}

/** The targets of one run while a step advances them. */
export class AdvancingTargets {
  readonly #before: ReadonlyMap<string, ReplayRunTarget>;
  readonly #targets: Map<string, ReplayRunTarget>;

  constructor(targets: readonly ReplayRunTarget[]) {
    this.#before = new Map(targets.map((target) => [target.targetId, target]));
    this.#targets = new Map(this.#before);
  }

  get all(): readonly ReplayRunTarget[] {
    return [...this.#targets.values()];
  }

  get running(): readonly ReplayRunTarget[] {
    return this.all.filter(({ state }) => state === "running");
  }

  get(targetId: string): ReplayRunTarget | undefined {
    return this.#targets.get(targetId);
  }

  /** Adds a target that is not there yet. */
  add(of: Pick<ReplayRunTarget, "targetId" | "cursor">): void {
    if (!this.#targets.has(of.targetId)) this.#targets.set(of.targetId, newReplayTarget(of));
  }

  set(target: ReplayRunTarget, change: Partial<ReplayRunTarget>): void {
    this.#targets.set(target.targetId, { ...target, ...change });
  }

  /** Moves a target on to a cursor, never back. */
  move(targetId: string, cursor: string): void {
    const target = this.#targets.get(targetId);
    if (target !== undefined && target.cursor < cursor) this.set(target, { cursor });
  }

  /** Stores those that changed. */
  save(db: Database, runId: string): void {
    for (const [targetId, target] of this.#targets) {
      if (this.#before.get(targetId) !== target) saveReplayTarget(db, runId, target);
    }
  }
}

/** Deletes the targets of runs that are gone. */
export function deleteLostReplayTargets(db: Database): void {
  db.run("DELETE FROM replay_targets WHERE run_id NOT IN (SELECT id FROM replay_runs)");
}

function toTarget(row: Row): ReplayRunTarget {
  const { target_id: targetId, state, cursor, matched, replayed, skipped } = row;
  return { targetId, state, cursor, matched, replayed, skipped };
}
