/** Replays of many events in the event files: created, counted, advanced step by step, listed. */
import type { EventFile } from "../event-db/event-file.ts";
import type { CountedReplay } from "../event-db/replays/replay-count.ts";
import type { ReplayScan } from "../event-db/replays/replay-memory.ts";
import { findRoom, type GivenRoom } from "../event-db/replays/replay-room.ts";
import {
  findReplayRun,
  insertReplayRun,
  listReplayRuns,
  type ReplayOrder,
  type ReplayRun,
  updateReplayRun,
} from "../event-db/replays/replay-run.ts";
import { type ReplayStep, type ReplayStepGiven, replayStep } from "../event-db/replays/replay-step.ts";
import { saveReplayTarget } from "../event-db/replays/replay-target.ts";
import { unusable } from "../event-files/event-file-faults.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import type { EventReader } from "../reader/event-reader.ts";
import type { ReplayToScan } from "../reader/event-reader-worker.ts";
import { countReplayInBackground, findUnfinishedReplays } from "../reader/inspection.ts";
import { readBeside, readEventFile } from "../reader/read-event-file.ts";
import type { EventWriter } from "../writer/event-writer.ts";

type OfRun = Readonly<{ webhookId: string; id: string }>;

/** `targets` holds only the targets to add or replace. */
export type ReplayChange = Partial<
  Pick<ReplayRun, "state" | "matched" | "reason" | "targets" | "cursor" | "skipped">
>;

/** Every call rejects with AppError `unavailable` if the webhook's file cannot be used. */
export type ReplayStore = Readonly<{
  /** The given webhooks that have unfinished replays; found off the main thread, without opening files here. */
  findUnfinished: (webhookIds: readonly string[]) => Promise<readonly string[]>;
  /** Null if too many replays are unfinished. */
  insert: (
    webhookId: string,
    run: ReplayOrder & Readonly<{ id: string; askedBy: string; now: number }>,
  ) => Promise<ReplayRun | null>;
  /** Newest first. */
  list: (webhookId: string) => Promise<readonly ReplayRun[]>;
  find: (of: OfRun) => Promise<ReplayRun | null>;
  /** Counts off the main thread for at most `limitMs`. */
  count: (
    webhookId: string,
    wanted: Readonly<{ order: ReplayOrder; lastEventId: string | null; limitMs: number }>,
  ) => Promise<CountedReplay>;
  /**
   * Updates the run by what `change` returns for its current state. Returns the changed run, or null if there is none.
   */
  change: (of: OfRun, change: (run: ReplayRun) => ReplayChange, now: number) => Promise<ReplayRun | null>;
  /** One bounded step of the event loop. */
  step: (of: OfRun, given: ReplayStepGiven) => Promise<ReplayStep>;
  /** Searches the bodies after an event for the text of the run, off the main thread. */
  scan: (webhookId: string, wanted: ReplayToScan) => Promise<ReplayScan>;
  /** True if the target can be given more deliveries now. */
  hasRoom: (of: Readonly<{ webhookId: string; targetId: string }>, given: GivenRoom) => Promise<boolean>;
}>;

export function createReplayStore(options: {
  files: WebhookDBManager;
  writer: Pick<EventWriter, "change" | "tidy">;
  reader: Pick<EventReader, "scanReplay">;
}): ReplayStore {
  const { files, writer, reader } = options;
  const read = <T>(webhookId: string, query: (file: EventFile) => T) =>
    readEventFile(files, webhookId, query);

  return {
    async findUnfinished(webhookIds) {
      const idByPath = new Map(webhookIds.map((id) => [files.pathOf(id), id]));
      const found = await findUnfinishedReplays([...idByPath.keys()]);
      return found.flatMap((path) => idByPath.get(path) ?? []);
    },
    insert: (webhookId, run) => writer.change(webhookId, ({ db }) => insertReplayRun(db, run)),
    list: (webhookId) => read(webhookId, ({ db }) => listReplayRuns(db)),
    find: ({ webhookId, id }) => read(webhookId, ({ db }) => findReplayRun(db, id)),
    async count(webhookId, wanted) {
      // Opening the file migrates an older one and reports faults.
      await read(webhookId, () => undefined);
      try {
        return await countReplayInBackground({ path: files.pathOf(webhookId), ...wanted });
      } catch (error) {
        throw unusable(webhookId, error);
      }
    },
    change: ({ webhookId, id }, change, now) =>
      writer.change(webhookId, ({ db }) => {
        const run = findReplayRun(db, id);
        if (!run) return null;
        const { targets = [], ...changed } = change(run);
        updateReplayRun(db, { ...run, ...changed }, now);
        for (const target of targets) saveReplayTarget(db, id, target);
        return findReplayRun(db, id);
      }),
    // Nobody waits for the disk: a step that a power cut loses is lost whole, deliveries and cursor, and done again.
    step: ({ webhookId, id }, given) => writer.tidy(webhookId, (file) => replayStep(file, id, given)),
    scan: (webhookId, wanted) => readBeside(files, webhookId, (file) => reader.scanReplay(file, wanted)),
    hasRoom: ({ webhookId, targetId }, given) =>
      read(webhookId, (file) => typeof findRoom(file, targetId, given) === "number"),
  };
}
