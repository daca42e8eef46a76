/** Questions to the worker that reads database files, and its answers. */

import type { Glance } from "../event-db/numbers/glance.ts";
import type { Rhythms } from "../event-db/numbers/rhythm.ts";
import type { CountedReplay } from "../event-db/replays/replay-count.ts";
import type { ReplayOrder } from "../event-db/replays/replay-run.ts";
import type { MainDigest } from "../main-db/replication/main-digest.ts";
import type { CheckProgress, CheckReport } from "./check.ts";
import type { EventToLocate, LocatedEvent } from "./locate-event.ts";

export type FileSurvey = Readonly<{
  /** Id of the oldest event or rejected request. */
  oldestEventId: string | null;
  oldestHour: number | null;
  usedBytes: number;
  isLoose: boolean;
}>;

export type SurveyedFile = FileSurvey & Readonly<{ path: string }>;

export type ReplayToCount = Readonly<{
  path: string;
  order: ReplayOrder;
  /** Null: up to the newest event. */
  lastEventId: string | null;
  /** Milliseconds after which the count stops and is reported as a minimum. */
  limitMs: number;
}>;

export type FileRhythms = Readonly<{ path: string; rhythms: Rhythms }>;

export type FileGlance = Readonly<{ path: string; glance: Glance }>;

/** The content of a database, as digests. */
export type CopyDigest = Readonly<{
  /** Schema version; copies of different versions cannot be compared. */
  schema: number;
  /** By table. */
  tables: ReadonlyMap<string, string>;
}>;

export type InspectionRequest =
  | Readonly<{ kind: "survey"; paths: readonly string[] }>
  | Readonly<{ kind: "unfinished replays"; paths: readonly string[] }>
  | (Readonly<{ kind: "count replay" }> & ReplayToCount)
  | Readonly<{ kind: "rhythms"; paths: readonly string[] }>
  | Readonly<{ kind: "glances"; paths: readonly string[]; now: number }>
  | (Readonly<{ kind: "locate event" }> & EventToLocate)
  | Readonly<{ kind: "check"; dbPath: string; dataDir: string }>
  | Readonly<{ kind: "digest event file" | "digest main database"; path: string }>;

export type InspectionAnswer =
  | Readonly<{ kind: "survey"; files: readonly SurveyedFile[] }>
  | Readonly<{ kind: "unfinished replays"; paths: readonly string[] }>
  | Readonly<{ kind: "count replay"; count: CountedReplay }>
  | Readonly<{ kind: "rhythms"; files: readonly FileRhythms[] }>
  | Readonly<{ kind: "glances"; files: readonly FileGlance[] }>
  | Readonly<{ kind: "locate event"; located: LocatedEvent }>
  | Readonly<{ kind: "check"; report: CheckReport }>
  | Readonly<{ kind: "digest event file"; digest: CopyDigest }>
  | Readonly<{ kind: "digest main database"; digest: MainDigest }>
  | InspectionNews
  | Readonly<{ kind: "failed"; error: string }>;

/** Sent before the answer, any number of times. */
export type InspectionNews =
  | Readonly<{ kind: "progress"; progress: CheckProgress }>
  /** Changes from now on are not in the answer. */
  | Readonly<{ kind: "held" }>;
