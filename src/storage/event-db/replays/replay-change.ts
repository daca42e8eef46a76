/** Changes that people and counts make to a replay between its steps, as plain data. */
import type { Database } from "bun:sqlite";
import { findReplayRun, type ReplayCount, type ReplayRun, updateReplayRun } from "./replay-run.ts";
import { newReplayTarget, type ReplayRunTarget, saveReplayTarget } from "./replay-target.ts";

/**
 * - `start`: it was counted; those of its targets that it does not know yet are added.
 * - `removeTarget`: `isThere` says that the webhook has the target; the replay may not have met it yet.
 */
export type ReplayChange =
  | Readonly<{
      kind: "start";
      matched: ReplayCount;
      targets: readonly ReplayRunTarget[];
      cursor: string;
      skipped: number;
    }>
  | Readonly<{ kind: "pause" | "resume" | "cancel" }>
  | Readonly<{ kind: "removeTarget"; targetId: string; isThere: boolean }>;

/** Why a replay was not changed. */
export type ReplayRefusal = "ended" | "only target" | "unknown target";

export type ChangedReplay = Readonly<{
  /** The replay after the change; null if there is none. */
  run: ReplayRun | null;
  refusal: ReplayRefusal | null;
}>;

type Changed = Partial<Pick<ReplayRun, "state" | "matched" | "cursor" | "skipped">> &
  Readonly<{
    /** Only those to add or replace. */
    targets?: readonly ReplayRunTarget[];
  }>;

export function changeReplayRun(
  db: Database,
  { id, change, now }: Readonly<{ id: string; change: ReplayChange; now: number }>,
): ChangedReplay {
  const run = findReplayRun(db, id);
  if (run === null) return { run, refusal: null };
  const changed = changeOf(run, change);
  if (typeof changed === "string") return { run, refusal: changed };
  const { targets = [], ...own } = changed;
  updateReplayRun(db, { ...run, ...own }, now);
  for (const target of targets) saveReplayTarget(db, id, target);
  return { run: findReplayRun(db, id), refusal: null };
}

function changeOf(run: ReplayRun, change: ReplayChange): Changed | ReplayRefusal {
  if (change.kind === "start") return started(run, change);
  if (run.state === "done" || run.state === "cancelled") return "ended";
  if (change.kind === "pause") return { state: "paused" };
  if (change.kind === "cancel") return { state: "cancelled" };
  if (change.kind === "removeTarget") return withoutTarget(run, change);
  if (run.state !== "paused") return {};
  return { state: run.matched === null ? "counting" : "running" };
}

function started(run: ReplayRun, { kind: _, ...counted }: Extract<ReplayChange, { kind: "start" }>): Changed {
  const known = new Set(run.targets.map(({ targetId }) => targetId));
  return {
    ...counted,
    // A target removed meanwhile stays removed.
    targets: counted.targets.filter(({ targetId }) => !known.has(targetId)),
    ...(run.state === "counting" && { state: "running" }),
  };
}

function withoutTarget(
  run: ReplayRun,
  { targetId, isThere }: Extract<ReplayChange, { kind: "removeTarget" }>,
): Changed | ReplayRefusal {
  if (run.targetId !== null) return "only target";
  const target = run.targets.find((each) => each.targetId === targetId);
  if (!target && !isThere) return "unknown target";
  if (target?.state === "done") return {};
  const removed = target ?? newReplayTarget({ targetId, cursor: run.cursor });
  return { targets: [{ ...removed, state: "removed" }] };
}
