/** The event loop's side of the workers that search event files: however long one takes, everything else goes on. */
import { AppError } from "../../lib/errors.ts";
import type { EventFile } from "../event-db/event-file.ts";
import { type EventSearch, type FoundEvents, requireCursor } from "../event-db/event-search.ts";
import type { ReplayScan } from "../event-db/replays/replay-memory.ts";
import { nobodyWaits, openReaderLine, type ReaderLine } from "./event-reader-line.ts";
import type { ReaderQuestion, ReplayToScan } from "./event-reader-worker.ts";
import { createTurns } from "./turns.ts";

/** A search that takes longer says how far it came. Somebody waits for the page. */
const SEARCH_MS = 700;
/** A replay that looks through bodies has its turn again and again. */
const SCAN_MS = 100;
/** Searches at once, which take turns; whoever asks for more is asked to wait. */
const MOST_AT_ONCE = 200;
/** Searches for a text that one asker may have waiting for each other. */
const MOST_OF_ONE = 20;

export type AskedSearch = EventSearch &
  Readonly<{
    /** Whose search it is: of one asker's, one alone looks through bodies at a time, and the others wait for it. */
    asker?: string | undefined;
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
  /** Looks through bodies for a replay by text; rejects as `search` does. */
  scanReplay: (file: EventFile, wanted: ReplayToScan) => Promise<ReplayScan>;
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
  // Lists that need no look at bodies never wait for those that do.
  const lists = openReaderLine({ script, what: "the event reader" });
  const texts = openReaderLine({ script, what: "the reader of bodies" });
  const turns = createTurns({ mostWaiting: MOST_OF_ONE, tooMany: busy, nobodyWaits });
  let count = 0;

  async function search(
    file: EventFile,
    {
      line,
      question,
      signal,
    }: { line: ReaderLine; question: ReaderQuestion; signal?: AbortSignal | undefined },
  ): Promise<FoundEvents> {
    if (count >= mostAtOnce) throw busy();
    count++;
    try {
      const answer = await line.ask(file, question, signal);
      if (!("events" in answer)) throw new Error("the search was not answered");
      return answer;
    } finally {
      count--;
    }
  }

  return {
    async search(file, { signal, asker, limitMs = searchMs, ...asked }) {
      requireCursor(asked.cursor);
      const question = { kind: "search", search: asked, limitMs } as const;
      if (!asked.filter.text) return search(file, { line: lists, question, signal });
      const ask = () => search(file, { line: texts, question, signal });
      return asker === undefined ? ask() : turns.take(asker, ask, signal);
    },
    async scanReplay(file, wanted) {
      const answer = await texts.ask(file, { kind: "scan replay", wanted, limitMs: SCAN_MS });
      if (!("eventIds" in answer)) throw new Error("the bodies were not looked through");
      return answer;
    },
    stop() {
      lists.stop();
      texts.stop();
    },
  };
}

function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Too many searches are running.",
    hint: "Try again when they are done.",
    retryAfterSeconds: 2,
  });
}
