/** Everything the retention does to event files: surveys them, prunes them in steps, gives space back. */
import type { EventFile } from "../event-db/event-file.ts";
import { type FileSpace, measureSpace, vacuumStep } from "../event-db/numbers/space.ts";
import { oldestEventFrom, type PruneRule, type PruneStep, pruneHours, pruneStep } from "../event-db/prune.ts";
import { pruneRejected } from "../event-db/rejected.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { surveyFiles } from "../reader/inspection.ts";
import type { FileSurvey } from "../reader/inspection-questions.ts";
import type { EventWriter } from "../writer/event-writer.ts";

/** Each call is one bounded step of the event loop, and rejects with AppError if the file cannot be used. */
export type RetentionStore = Readonly<{
  /** Surveys the files off the main thread, without opening them here; missing files are left out. */
  survey: (webhookIds: readonly string[]) => Promise<ReadonlyMap<string, FileSurvey>>;
  /** Prunes events after the id `after`, the oldest first. */
  prune: (webhookId: string, after: string, rule: PruneRule) => Promise<PruneStep & FileSpace>;
  /** Deletes some rejected requests received before a time, the oldest first; returns how many. */
  pruneRejected: (webhookId: string, before: number) => Promise<FileSpace & Readonly<{ deleted: number }>>;
  /** Deletes the tallies of hours before `before`; returns the oldest remaining hour. */
  pruneHours: (webhookId: string, before: number) => Promise<number | null>;
  measure: (webhookId: string) => Promise<FileSpace>;
  vacuum: (webhookId: string) => Promise<FileSpace>;
  /** The id of the oldest event or rejected request received at `from` or later. */
  oldestEventFrom: (webhookId: string, from: number) => Promise<string | null>;
}>;

/** Time limit of a step, which ends with the item it is at: how many items fit depends on the disk. */
const STEP_MS = 5;

export function createRetentionStore(options: {
  files: Pick<WebhookDBManager, "pathOf">;
  writer: Pick<EventWriter, "tidy">;
  stepMs?: number;
}): RetentionStore {
  const { files, writer, stepMs = STEP_MS } = options;
  // Reads go through the writer too: it finds room for files, and takes each step into a transaction that is due
  // anyway.
  const step = <T>(webhookId: string, apply: (file: EventFile) => T) => writer.tidy(webhookId, apply);
  return {
    async survey(webhookIds) {
      const idByPath = new Map(webhookIds.map((id) => [files.pathOf(id), id]));
      const found = await surveyFiles([...idByPath.keys()]);
      return new Map(found.map(({ path, ...survey }) => [idByPath.get(path) ?? "", survey]));
    },
    prune: (webhookId, after, rule) =>
      step(webhookId, (file) => ({
        ...pruneStep(file, after, rule, timeLimit(stepMs)),
        ...measureSpace(file.db),
      })),
    pruneRejected: (webhookId, before) =>
      step(webhookId, (file) => ({ deleted: pruneRejected(file, before), ...measureSpace(file.db) })),
    pruneHours: (webhookId, before) => step(webhookId, (file) => pruneHours(file, before)),
    measure: (webhookId) => step(webhookId, (file) => measureSpace(file.db)),
    vacuum: (webhookId) => step(webhookId, (file) => vacuumStep(file, timeLimit(stepMs))),
    oldestEventFrom: (webhookId, from) => step(webhookId, (file) => oldestEventFrom(file, from)),
  };
}

function timeLimit(ms: number): () => boolean {
  const until = performance.now() + ms;
  return () => performance.now() >= until;
}
