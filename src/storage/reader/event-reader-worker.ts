/**
 * Runs in a Worker: searches event files in small steps, many searches in turn, each step on its own view of the file.
 */

import type { Database } from "bun:sqlite";
import { nextTurn } from "../../lib/pauses.ts";
import { listRecentTypes } from "../event-db/event-preview.ts";
import { type EventSearch, type FoundEvents, searchEvents } from "../event-db/event-search.ts";
import { type EntryGroup, type FieldIndex, readEntries } from "../event-db/fields/field-index.ts";
import type { ReplayScan } from "../event-db/replays/replay-memory.ts";
import type { ReplayOrder } from "../event-db/replays/replay-run.ts";
import { scanForReplay } from "../event-db/replays/replay-scan.ts";
import { countSpans, type Histogram, type HistogramOrder } from "../event-db/search/histogram.ts";
import { openBeside } from "../sqlite/reading-database.ts";
import { type LineAnswer, lineFault } from "../workers/worker-line.ts";
import { type FilterTrial, type FilterTrialOrder, tryFilter } from "./filter-trial.ts";

export type ReplayToScan = Readonly<{ order: ReplayOrder; after: string; lastEventId: string }>;

export type ReaderQuestion =
  | Readonly<{ kind: "search"; search: EventSearch; limitMs: number }>
  | Readonly<{ kind: "histogram"; order: HistogramOrder; limitMs: number }>
  | Readonly<{ kind: "recent types"; limitMs: number }>
  | Readonly<{ kind: "scan replay"; wanted: ReplayToScan; limitMs: number }>
  | Readonly<{ kind: "try filter"; order: FilterTrialOrder; limitMs: number }>
  | Readonly<{ kind: "read entries"; index: FieldIndex; limitMs: number }>;

export type ReaderAnswer =
  | FoundEvents
  | Histogram
  | RecentTypes
  | ReplayScan
  | FilterTrial
  | Readonly<{ group: EntryGroup | null }>;

/** The types of the newest events, the most frequent first. */
export type RecentTypes = Readonly<{ types: readonly string[] }>;

/** `drop` ends searches that nobody waits for, and is not answered. `let-go` also closes the file, and is answered. */
export type ReaderRequest =
  | (ReaderQuestion & Readonly<{ id: number; path: string }>)
  | Readonly<{ kind: "let-go"; id: number; path: string; ids: readonly number[] }>
  | Readonly<{ kind: "drop"; ids: readonly number[] }>;

declare const self: Worker;

/** Files open at once. Each costs one descriptor, for the WAL; see `openBeside`. */
const MOST_OPEN = 4;
/** Files stay open this long after the last search: the next page is often asked for in a moment. */
const IDLE_MS = 1_000;

const searches = new Map<number, { isDropped: boolean }>();
/** In order of use: the first is the one used longest ago. */
const open = new Map<string, Database>();
let closeIdle: Timer | undefined;

/** Opens the file, and closes another if too many are open; searches in that one reopen it at their next step. */
function reach(path: string): Database {
  const db = open.get(path) ?? openBeside(path);
  open.delete(path);
  open.set(path, db);
  const [longestAgo] = open.keys();
  if (open.size > MOST_OPEN && longestAgo !== undefined) close(longestAgo);
  return db;
}

function close(path: string): void {
  open.get(path)?.close(true);
  open.delete(path);
}

type Asked = Extract<ReaderRequest, { limitMs: number }>;

async function read(asked: Asked): Promise<ReaderAnswer> {
  const { id, path, limitMs } = asked;
  const state = { isDropped: false };
  const until = performance.now() + limitMs;
  searches.set(id, state);
  try {
    const file = {
      get db() {
        return reach(path);
      },
    };
    const pause = {
      isTimeUp: () => performance.now() > until,
      async yieldToOthers() {
        // Messages arrive meanwhile, and other searches take their turn.
        await nextTurn();
        if (state.isDropped) throw new Error("nobody waits for it");
      },
    };
    if (asked.kind === "read entries") return { group: readEntries(file.db, asked.index, pause.isTimeUp) };
    if (asked.kind === "search") return await searchEvents(file, asked.search, pause);
    if (asked.kind === "histogram") return await countSpans(file, asked.order, pause);
    if (asked.kind === "recent types") return { types: listRecentTypes(file) };
    if (asked.kind === "try filter") return await tryFilter(file, asked.order, pause);
    return await scanForReplay(file, asked.wanted, pause);
  } finally {
    searches.delete(id);
  }
}

function drop(ids: readonly number[]): void {
  for (const id of ids) {
    const state = searches.get(id);
    if (state) state.isDropped = true;
  }
}

async function answer(request: Exclude<ReaderRequest, { kind: "drop" }>): Promise<ReaderAnswer | null> {
  if (request.kind !== "let-go") return read(request);
  drop(request.ids);
  close(request.path);
  return null;
}

async function reply(request: Exclude<ReaderRequest, { kind: "drop" }>): Promise<LineAnswer<ReaderAnswer>> {
  const { id } = request;
  try {
    return { id, value: await answer(request), error: null };
  } catch (error) {
    return { id, value: null, error: lineFault(error) };
  }
}

self.onmessage = ({ data }: MessageEvent<ReaderRequest>) => {
  if (data.kind === "drop") {
    drop(data.ids);
    return;
  }
  clearTimeout(closeIdle);
  void reply(data).then((answered) => {
    self.postMessage(answered);
    if (searches.size > 0) return;
    closeIdle = setTimeout(() => {
      for (const path of [...open.keys()]) close(path);
    }, IDLE_MS);
  });
};
