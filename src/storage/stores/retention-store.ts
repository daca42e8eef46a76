/** Everything the retention does to event files: surveys them, prunes them in steps, gives space back. */
import { type FileSpace, measureSpace } from "../event-db/numbers/space.ts";
import { oldestEventFrom, type PruneRule, type PruneStep } from "../event-db/prune.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { surveyFiles } from "../reader/inspection.ts";
import type { FileSurvey } from "../reader/inspection-questions.ts";
import { readEventFile } from "../reader/read-event-file.ts";
import type { EventWriter } from "../writer/event-writer.ts";
import { type StepLimits, StepSize } from "./step-size.ts";

/** Each call is one bounded step of the event loop, and rejects with AppError if the file cannot be used. */
export type RetentionStore = Readonly<{
  /** Surveys the files off the main thread, without opening them here; missing files are left out. */
  survey: (webhookIds: readonly string[]) => Promise<ReadonlyMap<string, FileSurvey>>;
  /** Prunes events after the id `after`, the oldest first. */
  prune: (webhookId: string, after: string, rule: PruneRule) => Promise<PruneStep & FileSpace>;
  /** Deletes some rejected requests received before a time (null for all), the oldest first; returns how many. */
  pruneRejected: (
    webhookId: string,
    before: number | null,
  ) => Promise<FileSpace & Readonly<{ deleted: number }>>;
  /** Deletes the tallies of hours before `before`; returns the oldest remaining hour. */
  pruneHours: (webhookId: string, before: number) => Promise<number | null>;
  measure: (webhookId: string) => Promise<FileSpace>;
  vacuum: (webhookId: string) => Promise<FileSpace>;
  /** The id of the oldest event or rejected request received at `from` or later. */
  oldestEventFrom: (webhookId: string, from: number) => Promise<string | null>;
}>;

/** Rows deleted or changed in one step, and events looked at. */
const PRUNE: StepLimits = { least: 10, first: 50, most: 250, ms: 5 };
const HOURS_PER_STEP = 250;
const REJECTED_PER_STEP = 100;
/** Time limit of a step that gives space back. It is no command, so it can have one. */
const VACUUM_MS = 5;

export function createRetentionStore(options: {
  files: WebhookDBManager;
  writer: Pick<EventWriter, "run" | "runTimed" | "vacuum">;
  limits?: StepLimits;
  vacuumMs?: number;
}): RetentionStore {
  const { files, writer, limits = PRUNE, vacuumMs = VACUUM_MS } = options;
  /** The webhook that was pruned last: what fits into a step for one file says nothing about another. */
  let pruned = { webhookId: "", size: new StepSize(limits) };

  function sizeFor(webhookId: string): StepSize {
    if (pruned.webhookId !== webhookId) pruned = { webhookId, size: new StepSize(limits) };
    return pruned.size;
  }

  const measure = (webhookId: string) => readEventFile(files, webhookId, ({ db }) => measureSpace(db));

  return {
    async survey(webhookIds) {
      const idByPath = new Map(webhookIds.map((id) => [files.pathOf(id), id]));
      const found = await surveyFiles([...idByPath.keys()]);
      return new Map(found.map(({ path, ...survey }) => [idByPath.get(path) ?? "", survey]));
    },
    async prune(webhookId, after, rule) {
      const size = sizeFor(webhookId);
      const command = { name: "pruneEvents", after, rows: size.rows, rule } as const;
      const { result, heldMs } = await writer.runTimed(webhookId, command);
      // The last step may have had little to do.
      if (result.next !== null) size.took(heldMs);
      return { ...result, ...(await measure(webhookId)) };
    },
    async pruneRejected(webhookId, before) {
      const command = { name: "pruneRejected", before, limit: REJECTED_PER_STEP } as const;
      const deleted = await writer.run(webhookId, command);
      return { deleted, ...(await measure(webhookId)) };
    },
    pruneHours: (webhookId, before) =>
      writer.run(webhookId, { name: "pruneHours", before, limit: HOURS_PER_STEP }),
    measure,
    vacuum: (webhookId) => writer.vacuum(webhookId, vacuumMs),
    oldestEventFrom: (webhookId, from) =>
      readEventFile(files, webhookId, (file) => oldestEventFrom(file, from)),
  };
}
