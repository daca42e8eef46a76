/** Replays of many events in the event files: created, counted, advanced step by step, listed. */
import type { EventFile } from "../event-db/event-file.ts";
import type { ChangedReplay, ReplayChange } from "../event-db/replays/replay-change.ts";
import type { CountedReplay } from "../event-db/replays/replay-count.ts";
import type { ReplayMemory, ReplayScan } from "../event-db/replays/replay-memory.ts";
import { findRoom, type GivenRoom, type ReplayTarget } from "../event-db/replays/replay-room.ts";
import {
  findReplayRun,
  listReplayRuns,
  type ReplayOrder,
  type ReplayRun,
} from "../event-db/replays/replay-run.ts";
import type { ReplayStep } from "../event-db/replays/replay-step.ts";
import { unusable } from "../event-files/event-file-faults.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import type { EventReader } from "../reader/event-reader.ts";
import type { ReplayToScan } from "../reader/event-reader-worker.ts";
import { countReplayInBackground, findUnfinishedReplays } from "../reader/inspection.ts";
import { readBeside, readEventFile } from "../reader/read-event-file.ts";
import type { EventWriter } from "../writer/event-writer.ts";

type OfRun = Readonly<{ webhookId: string; id: string }>;

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
  /** Changes the run as its state allows. */
  change: (of: OfRun, change: ReplayChange, now: number) => Promise<ChangedReplay>;
  /**
   * One bounded step of the event loop. It keeps in the memory what the next step needs; if it returns `toScan`, that
   * scan has to be added to the memory first.
   */
  step: (
    of: OfRun,
    given: Readonly<{ targets: readonly ReplayTarget[]; memory: ReplayMemory; now: number }>,
  ) => Promise<ReplayStep>;
  /** Searches the bodies after an event for the text of the run, off the main thread. */
  scan: (webhookId: string, wanted: ReplayToScan) => Promise<ReplayScan>;
  /** True if the target can be given more deliveries now. */
  hasRoom: (of: Readonly<{ webhookId: string; targetId: string }>, given: GivenRoom) => Promise<boolean>;
}>;

export function createReplayStore(options: {
  files: WebhookDBManager;
  writer: Pick<EventWriter, "run">;
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
    insert: (webhookId, run) => writer.run(webhookId, { name: "insertReplayRun", run }),
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
      writer.run(webhookId, { name: "changeReplayRun", id, change, now }),
    async step({ webhookId, id }, { targets, memory, now }) {
      for (let scan = memory.nextScan(); ; ) {
        const given = { id, targets, memory: memory.given, scan, now };
        const step = await writer.run(webhookId, { name: "replayStep", ...given });
        memory.take(step);
        scan = step.toScan === null ? null : memory.findScan(step.toScan);
        if (scan === null) return step;
      }
    },
    scan: (webhookId, wanted) => readBeside(files, webhookId, (file) => reader.scanReplay(file, wanted)),
    hasRoom: ({ webhookId, targetId }, given) =>
      read(webhookId, (file) => typeof findRoom(file, targetId, given) === "number"),
  };
}
