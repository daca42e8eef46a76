/**
 * The event loop's side of the workers that search event files: however long a search takes, everything else goes on.
 */
import { AppError } from "../../lib/errors.ts";
import { createTurns } from "../../lib/waiting/turns.ts";
import type { EventFile } from "../event-db/event-file.ts";
import type { EventFilter } from "../event-db/event-filter.ts";
import { type EventSearch, type FoundEvents, requireCursor } from "../event-db/event-search.ts";
import type { EntryGroup, FieldIndex } from "../event-db/fields/field-index.ts";
import type { ReplayScan } from "../event-db/replays/replay-memory.ts";
import type { Histogram, HistogramOrder } from "../event-db/search/histogram.ts";
import { nobodyWaits, openReaderLine } from "./event-reader-line.ts";
import type { ReaderAnswer, ReaderQuestion, ReplayToScan } from "./event-reader-worker.ts";
import type { FilterTrial, FilterTrialOrder } from "./filter-trial.ts";

/** Time limit of a search, as somebody waits for the page. A search that reaches it says how far it came. */
const SEARCH_MS = 700;
/** Time limit of one scan: a replay that searches bodies takes turns. */
const SCAN_MS = 100;
/** Time limit of a trial of a filter, as somebody waits for the page. */
const TRIAL_MS = 1_500;
/** Time limit of one reading of entries, during which searches through bodies wait. */
const ENTRIES_MS = 50;
/** Searches at once, which take turns; the next one is refused as busy. */
const MOST_AT_ONCE = 200;
/** Searches for a text that one asker may have waiting. */
const MOST_OF_ONE = 20;

export type AskedSearch = EventSearch &
  Readonly<{
    /** Identifies who asks: only one search through bodies runs per asker; the others wait for it. */
    asker?: string | undefined;
    /** Replaces the usual time limit if less time is left. */
    limitMs?: number;
    /** Aborted when nobody waits for the result any more. */
    signal?: AbortSignal | undefined;
  }>;

/** Counted as a search of the same filter would run. */
export type AskedHistogram = HistogramOrder & Readonly<{ asker: string; signal?: AbortSignal | undefined }>;

/** One trial or search through bodies runs per asker. */
export type AskedTrial = FilterTrialOrder & Readonly<{ asker: string; signal?: AbortSignal | undefined }>;

export type EventReader = Readonly<{
  /**
   * Sees everything committed. Rejects with an Error that has SQLite's code if the file cannot be read, and with
   * AppError `unavailable` if too many searches run, the file is closed or the asker leaves.
   */
  search: (file: EventFile, asked: AskedSearch) => Promise<FoundEvents>;
  /** Counts events in spans of time; rejects as `search` does. */
  histogram: (file: EventFile, asked: AskedHistogram) => Promise<Histogram>;
  /** Tries a filter on the last events; rejects as `search` does. */
  tryFilter: (file: EventFile, asked: AskedTrial) => Promise<FilterTrial>;
  /** Searches bodies for a replay by text; rejects as `search` does. */
  scanReplay: (file: EventFile, wanted: ReplayToScan) => Promise<ReplayScan>;
  /** The types of the newest events, the most frequent first; rejects as `search` does. */
  listRecentTypes: (file: EventFile, signal?: AbortSignal) => Promise<readonly string[]>;
  /** Reads the next entries for the index of fields; null if it has all events. Rejects as `search` does. */
  readEntries: (file: EventFile, index: FieldIndex) => Promise<EntryGroup | null>;
  stop: () => void;
}>;

export function startEventReader(
  options: Readonly<{
    /** Another worker's file, for tests. */
    script?: URL;
    searchMs?: number;
    mostAtOnce?: number;
  }> = {},
): EventReader {
  const { searchMs = SEARCH_MS, mostAtOnce = MOST_AT_ONCE } = options;
  const script = options.script ?? new URL("./event-reader-worker.ts", import.meta.url);
  // Separate workers: lists that need not read bodies never wait for searches that do.
  const lists = openReaderLine({ script, what: "the event reader" });
  const texts = openReaderLine({ script, what: "the reader of bodies" });
  const turns = createTurns({ mostWaiting: MOST_OF_ONE, tooMany: busy, nobodyWaits });
  let count = 0;

  async function oneOfMany<T>(ask: () => Promise<T>): Promise<T> {
    if (count >= mostAtOnce) throw busy();
    count++;
    try {
      return await ask();
    } finally {
      count--;
    }
  }

  /** Asks the worker that need not wait for others, if bodies need not be read; else in turn with the asker's others. */
  function askFor(
    { file, filter, question }: { file: EventFile; filter: EventFilter; question: ReaderQuestion },
    { asker, signal }: { asker: string | undefined; signal: AbortSignal | undefined },
  ): Promise<ReaderAnswer> {
    const { text, fields = [] } = filter;
    const readsBodies = Boolean(text) || fields.length > 0;
    const ask = () => oneOfMany(() => (readsBodies ? texts : lists).ask(file, question, signal));
    return readsBodies && asker !== undefined ? turns.take(asker, ask, signal) : ask();
  }

  return {
    async search(file, { signal, asker, limitMs = searchMs, ...asked }) {
      requireCursor(asked.cursor);
      const question = { kind: "search", search: asked, limitMs } as const;
      const answer = await askFor({ file, filter: asked.filter, question }, { asker, signal });
      if (!("events" in answer)) throw new Error("the search was not answered");
      return answer;
    },
    async histogram(file, { signal, asker, ...order }) {
      const question = { kind: "histogram", order, limitMs: searchMs } as const;
      const answer = await askFor({ file, filter: order.filter, question }, { asker, signal });
      if (!("counts" in answer)) throw new Error("the events were not counted");
      return answer;
    },
    tryFilter: (file, { asker, signal, ...order }) =>
      turns.take(
        asker,
        async () => {
          const answer = await texts.ask(file, { kind: "try filter", order, limitMs: TRIAL_MS }, signal);
          if (!("outcomes" in answer)) throw new Error("the filter was not tried");
          return answer;
        },
        signal,
      ),
    async scanReplay(file, wanted) {
      const answer = await texts.ask(file, { kind: "scan replay", wanted, limitMs: SCAN_MS });
      if (!("eventIds" in answer)) throw new Error("the bodies were not looked through");
      return answer;
    },
    async listRecentTypes(file, signal) {
      const answer = await lists.ask(file, { kind: "recent types", limitMs: searchMs }, signal);
      if (!("types" in answer)) throw new Error("the types were not listed");
      return answer.types;
    },
    async readEntries(file, index) {
      const answer = await texts.ask(file, { kind: "read entries", index, limitMs: ENTRIES_MS });
      if (!("group" in answer)) throw new Error("the fields were not read");
      return answer.group;
    },
    stop() {
      lists.stop();
      texts.stop();
    },
  };
}

export function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Too many searches are running.",
    hint: "Try again when they are done.",
    retryAfterSeconds: 2,
  });
}
