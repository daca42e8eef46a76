/** A worker that reads event files beside everything else, and the questions under way in each file. */
import { AppError } from "../../lib/errors.ts";
import type { EventFile } from "../event-db/event-file.ts";
import { openWorkerLine } from "../workers/worker-line.ts";
import type { ReaderAnswer, ReaderQuestion, ReaderRequest } from "./event-reader-worker.ts";

export type ReaderLine = Readonly<{
  /**
   * Rejects with an Error that has SQLite's code if the file cannot be read, and with AppError `unavailable` if the
   * file is closed or the asker leaves.
   */
  ask: (file: EventFile, question: ReaderQuestion, signal?: AbortSignal) => Promise<ReaderAnswer>;
  stop: () => void;
}>;

/** Opens the line; its worker starts with the first question. `what` names the worker in errors. */
export function openReaderLine({ script, what }: { script: URL; what: string }): ReaderLine {
  const line = openWorkerLine<ReaderRequest, ReaderAnswer>({ script, what });
  /** Questions under way for each file that the worker may have open. */
  const underWay = new Map<EventFile, Set<number>>();
  const closed = new WeakSet<EventFile>();

  function follow(file: EventFile): Set<number> {
    if (closed.has(file)) throw closedMeanwhile();
    const known = underWay.get(file);
    if (known) return known;
    const ids = new Set<number>();
    underWay.set(file, ids);
    file.beforeClose(() => letGo(file));
    return ids;
  }

  /** Resolves once the worker has closed the file. */
  async function letGo(file: EventFile): Promise<void> {
    const ids = [...(underWay.get(file) ?? [])];
    underWay.delete(file);
    closed.add(file);
    for (const id of ids) line.reject(id, closedMeanwhile());
    const id = line.nextId();
    // A worker that died or was stopped has closed the file too.
    await line.ask(id, { kind: "let-go", id, path: file.path, ids }).catch(() => undefined);
  }

  return {
    async ask(file, question, signal) {
      const id = line.nextId();
      const ids = follow(file);
      const leave = () => {
        line.tell({ kind: "drop", ids: [id] });
        line.reject(id, nobodyWaits());
      };
      ids.add(id);
      signal?.addEventListener("abort", leave);
      try {
        const asked = line.ask(id, { ...question, id, path: file.path });
        if (signal?.aborted) leave();
        const answer = await asked;
        if (answer === null) throw new Error("the question was not answered");
        return answer;
      } finally {
        signal?.removeEventListener("abort", leave);
        ids.delete(id);
      }
    },
    stop: () => line.stop(),
  };
}

function closedMeanwhile(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "search_ended",
    message: "The search was interrupted: the webhook was deleted, or the gateway is stopping.",
    hint: "Search again.",
    retryAfterSeconds: 2,
  });
}

export function nobodyWaits(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "search_ended",
    message: "Nobody waits for this search.",
  });
}
