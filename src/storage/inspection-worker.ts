/** Runs in a Worker: looks through database files for as long as that takes. */
import { errorMessage } from "../lib/errors.ts";
import { type CheckReport, checkDatabases } from "./check.ts";
import { measureSpace } from "./event-db/space.ts";
import type { SurveyedFile } from "./inspection.ts";
import { openForReading } from "./reading-database.ts";

export type InspectionRequest =
  | Readonly<{ kind: "survey"; paths: readonly string[] }>
  | Readonly<{ kind: "check"; dbPath: string; dataDir: string }>;

export type InspectionAnswer =
  | Readonly<{ kind: "survey"; files: readonly SurveyedFile[] }>
  | Readonly<{ kind: "check"; report: CheckReport }>
  | Readonly<{ kind: "failed"; error: string }>;

declare const self: Worker;

type Row = { event: string | null; hour: number | null };

function survey(path: string): SurveyedFile[] {
  try {
    const db = openForReading(path);
    try {
      const oldest = db
        .query<Row, []>(
          "SELECT (SELECT min(id) FROM events) AS event, (SELECT min(hour) FROM hourly_tallies) AS hour",
        )
        .get();
      return [
        { path, oldestEventId: oldest?.event ?? null, oldestHour: oldest?.hour ?? null, ...measureSpace(db) },
      ];
    } finally {
      db.close();
    }
  } catch {
    return [];
  }
}

function answer(request: InspectionRequest): InspectionAnswer {
  if (request.kind === "survey") return { kind: "survey", files: request.paths.flatMap(survey) };
  return { kind: "check", report: checkDatabases(request) };
}

self.onmessage = (event: MessageEvent<InspectionRequest>) => {
  try {
    self.postMessage(answer(event.data));
  } catch (error) {
    self.postMessage({ kind: "failed", error: errorMessage(error) } satisfies InspectionAnswer);
  }
};
