/** Runs in a Worker: reads database files for as long as that takes. */
import type { Database } from "bun:sqlite";
import { errorMessage } from "../../lib/errors.ts";
import { readGlance } from "../event-db/numbers/glance.ts";
import { type Rhythms, readRhythms } from "../event-db/numbers/rhythm.ts";
import { measureSpace } from "../event-db/numbers/space.ts";
import { type CountedReplay, countReplay } from "../event-db/replays/replay-count.ts";
import { hasUnfinishedReplayRun } from "../event-db/replays/replay-run.ts";
import { digestMain } from "../main-db/replication/main-digest.ts";
import { readVersion } from "../sqlite/own-database.ts";
import { openForReading } from "../sqlite/reading-database.ts";
import { type CheckProgress, checkDatabases } from "./check.ts";
import { digestTables } from "./file-digest.ts";
import type {
  FileGlance,
  InspectionAnswer,
  InspectionRequest,
  ReplayToCount,
  SurveyedFile,
} from "./inspection-questions.ts";
import { locateEvent } from "./locate-event.ts";

declare const self: Worker;

type Row = { event: string | null; hour: number | null };

function read<T>(path: string, query: (db: Database) => T): T {
  const db = openForReading(path);
  try {
    return query(db);
  } finally {
    db.close();
  }
}

/** Returns `none` for a file that is missing, cannot be read, or is older than the tables the query needs. */
function readOr<T>(path: string, none: T, query: (db: Database) => T): T {
  try {
    return read(path, query);
  } catch {
    return none;
  }
}

function survey(path: string): SurveyedFile[] {
  return readOr<SurveyedFile[]>(path, [], (db) => {
    const oldest = db
      .query<Row, []>(
        "SELECT (SELECT min(id) FROM events) AS event, (SELECT min(hour) FROM hourly_tallies) AS hour",
      )
      .get();
    const event = [oldest?.event, findOldestRejected(db)].filter((id) => typeof id === "string").sort()[0];
    return [{ path, oldestEventId: event ?? null, oldestHour: oldest?.hour ?? null, ...measureSpace(db) }];
  });
}

/** A file that has not been opened since an upgrade lacks this table. */
function findOldestRejected(db: Database): string | null {
  const table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'rejected_requests'").get();
  if (table === null) return null;
  return db.query<{ id: string | null }, []>("SELECT min(id) AS id FROM rejected_requests").get()?.id ?? null;
}

function count({ path, order, lastEventId, limitMs }: ReplayToCount): CountedReplay {
  const until = performance.now() + limitMs;
  const isTimeUp = () => performance.now() > until;
  return read(path, (db) => countReplay({ db, order, lastEventId, isTimeUp }));
}

function tellProgress(progress: CheckProgress): void {
  self.postMessage({ kind: "progress", progress } satisfies InspectionAnswer);
}

function answer(request: InspectionRequest): InspectionAnswer {
  switch (request.kind) {
    case "survey":
      return { kind: "survey", files: request.paths.flatMap(survey) };
    case "unfinished replays": {
      const paths = request.paths.filter((path) => readOr(path, false, hasUnfinishedReplayRun));
      return { kind: "unfinished replays", paths };
    }
    case "count replay":
      return { kind: "count replay", count: count(request) };
    case "rhythms": {
      const none: Rhythms = new Map();
      const files = request.paths.map((path) => ({ path, rhythms: readOr(path, none, readRhythms) }));
      return { kind: "rhythms", files };
    }
    case "glances": {
      const { paths, now } = request;
      const one = (path: string) =>
        readOr<FileGlance[]>(path, [], (db) => [{ path, glance: readGlance(db, now) }]);
      return { kind: "glances", files: paths.flatMap(one) };
    }
    case "locate event":
      return { kind: "locate event", located: locateEvent(request) };
    case "digest event file": {
      const onHeld = () => self.postMessage({ kind: "held" } satisfies InspectionAnswer);
      const digest = read(request.path, (db) => ({
        tables: digestTables(db, onHeld),
        schema: readVersion(db),
      }));
      return { kind: "digest event file", digest };
    }
    case "digest main database":
      return { kind: "digest main database", digest: read(request.path, digestMain) };
    case "check":
      return { kind: "check", report: checkDatabases(request, tellProgress) };
  }
}

self.onmessage = (event: MessageEvent<InspectionRequest>) => {
  try {
    self.postMessage(answer(event.data));
  } catch (error) {
    self.postMessage({ kind: "failed", error: errorMessage(error) } satisfies InspectionAnswer);
  }
};
