/** Begins replays of many events, changes them, and advances them step by step. */
import { changeReplayRun, type ReplayChange } from "../event-db/replays/replay-change.ts";
import { insertReplayRun, type ReplayOrder } from "../event-db/replays/replay-run.ts";
import { type ReplayStepGiven, replayStep } from "../event-db/replays/replay-step.ts";
import { durable, repeatable } from "./command.ts";

type NewRun = ReplayOrder & Readonly<{ id: string; askedBy: string; now: number }>;

export const replayCommands = {
  insertReplayRun: durable(({ db }, { run }: Readonly<{ run: NewRun }>) => insertReplayRun(db, run)),
  changeReplayRun: durable(({ db }, of: Readonly<{ id: string; change: ReplayChange; now: number }>) =>
    changeReplayRun(db, of),
  ),
  /** A step that a power cut loses is lost whole, deliveries and cursor, and done again. */
  replayStep: repeatable((file, given: ReplayStepGiven) => replayStep(file, given)),
};
