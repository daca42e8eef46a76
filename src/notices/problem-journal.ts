/** Gathers changes of problems and writes them together, with the notices that their webhooks' settings ask for. */
import type { Clock } from "../lib/clock.ts";
import { errorMessage } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import type { Logger } from "../observability/log.ts";
import type { NoticeChannel, NoticeSettings } from "../settings/notice-settings.ts";
import type { PendingNotice } from "../storage/main-db/notices.ts";
import type { Problem, ProblemQueries, ProblemRecord } from "../storage/main-db/problems.ts";

/** Changes within one second are written together: an outage of a thousand targets is one transaction. */
const WRITE_AFTER_MS = 1_000;

export type ProblemJournal = Readonly<{
  /** `isQuiet`: without a notice. */
  write: (record: ProblemRecord, options?: { isQuiet?: boolean }) => void;
  /** True if the webhook's owner wants notices of this kind of problem. */
  isWanted: (problem: Pick<Problem, "kind" | "webhookId">) => boolean;
  /** Writes pending changes without waiting for more. */
  flush: () => void;
}>;

export function createProblemJournal(deps: {
  queries: Pick<ProblemQueries, "record">;
  findSettings: (webhookId: string) => NoticeSettings | null;
  clock: Clock;
  log: Logger;
  /** Called when there are new notices to send. */
  onNotice: () => void;
}): ProblemJournal {
  const { queries, findSettings, clock, log, onNotice } = deps;
  let unwritten: { record: ProblemRecord; isQuiet: boolean }[] = [];
  let cancelWrite: (() => void) | null = null;

  function isWanted({ kind, webhookId }: Pick<Problem, "kind" | "webhookId">): boolean {
    return findSettings(webhookId)?.on.includes(kind) === true;
  }

  function noticesOf(record: ProblemRecord): PendingNotice[] {
    const { webhookId, kind, subjectId, since, detail } = record.problem;
    const isOver = record.change === "over";
    const of = { webhookId, kind, subjectId, since, isOver, detail: isOver ? "" : detail };
    const now = clock.now();
    return channelsOf(findSettings(webhookId)).map((channel) => ({
      ...of,
      channel,
      id: newId(),
      attempts: 0,
      nextAttemptAt: now,
    }));
  }

  function flush(): void {
    cancelWrite?.();
    cancelWrite = null;
    const changes = unwritten;
    unwritten = [];
    if (changes.length === 0) return;
    const told = changes.filter(
      ({ record: { problem }, isQuiet }) => !isQuiet && problem.isTold && isWanted(problem),
    );
    const notices = told.flatMap(({ record }) => noticesOf(record));
    try {
      queries.record(
        changes.map(({ record }) => record),
        notices,
      );
      if (notices.length > 0) onNotice();
    } catch (error) {
      log.error("problems could not be stored, and no notices of them will be sent", {
        cause: errorMessage(error),
      });
    }
  }

  return {
    write(record, { isQuiet = false } = {}) {
      unwritten.push({ record, isQuiet });
      cancelWrite ??= clock.after(WRITE_AFTER_MS, flush);
    },
    isWanted,
    flush,
  };
}

export function channelsOf(settings: NoticeSettings | null): readonly NoticeChannel[] {
  if (settings === null) return [];
  return [
    ...(settings.target_id === null ? [] : (["target"] as const)),
    ...(settings.email === null ? [] : (["email"] as const)),
  ];
}
