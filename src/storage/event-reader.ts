/** The event loop's side of the worker that searches event files: however long one takes, everything else goes on. */
import { AppError } from "../lib/errors.ts";
import type { EventFile } from "./event-db/event-file.ts";
import { type EventSearch, type FoundEvents, requireCursor } from "./event-db/event-search.ts";
import type { ReaderRequest } from "./event-reader-worker.ts";
import { openWorkerLine } from "./worker-line.ts";

/** A search that takes longer says how far it came. Somebody waits for the page. */
const SEARCH_MS = 700;
/** Searches at once, which take turns; whoever asks for more is asked to wait. */
const MOST_AT_ONCE = 200;

export type AskedSearch = EventSearch &
  Readonly<{
    /** Where less time than usual is left for it. */
    limitMs?: number;
    /** Tells that nobody waits for it any more. */
    signal?: AbortSignal | undefined;
  }>;

export type EventReader = Readonly<{
  /**
   * Sees all that is committed. Rejects with an Error of SQLite's code where the file cannot be read, with AppError
   * `unavailable` for one search too many, and for one that the file's closing or the end of the asker ends.
   */
  search: (file: EventFile, asked: AskedSearch) => Promise<FoundEvents>;
  stop: () => void;
}>;

export function startEventReader(
  options: Readonly<{
    /** Another worker's file where a test wants one. */
    script?: URL;
    searchMs?: number;
    mostAtOnce?: number;
  }> = {},
): EventReader {
  const { searchMs = SEARCH_MS, mostAtOnce = MOST_AT_ONCE } = options;
  const script = options.script ?? new URL("./event-reader-worker.ts", import.meta.url);
  const line = openWorkerLine<ReaderRequest, FoundEvents>({ script, what: "the event reader" });
  /** Of each file that the worker may have open, the searches under way. */
  const underWay = new Map<EventFile, Set<number>>();
  let count = 0;

  function follow(file: EventFile): Set<number> {
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
    for (const id of ids) line.reject(id, closedMeanwhile());
    const id = line.nextId();
    // One that is dead or was stopped has closed it too.
    await line.ask(id, { kind: "let-go", id, path: file.path, ids }).catch(() => undefined);
  }

  return {
    async search(file, { signal, limitMs = searchMs, ...search }) {
      requireCursor(search.cursor);
      if (count >= mostAtOnce) throw busy();
      const id = line.nextId();
      const ids = follow(file);
      const leave = () => {
        line.tell({ kind: "drop", ids: [id] });
        line.reject(id, nobodyWaits());
      };
      count++;
      ids.add(id);
      signal?.addEventListener("abort", leave);
      try {
        const asked = line.ask(id, { kind: "search", id, path: file.path, search, limitMs });
        if (signal?.aborted) leave();
        const found = await asked;
        if (found === null) throw new Error("the search was not answered");
        return found;
      } finally {
        signal?.removeEventListener("abort", leave);
        ids.delete(id);
        count--;
      }
    },
    stop: () => line.stop(),
  };
}

function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Too many searches are under way.",
    hint: "Try again when they are done.",
    retryAfterSeconds: 2,
  });
}

function closedMeanwhile(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "search_ended",
    message: "The webhook's events were closed during the search: it was deleted, or the gateway stops.",
    hint: "Search again.",
    retryAfterSeconds: 2,
  });
}

function nobodyWaits(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "search_ended",
    message: "Nobody waits for this search.",
  });
}
