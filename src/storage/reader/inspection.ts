/** The event loop's side of the worker that reads database files; each question starts a worker of its own. */

import type { CountedReplay } from "../event-db/replays/replay-count.ts";
import type { MainDigest } from "../main-db/replication/main-digest.ts";
import { askWorker } from "../workers/ask-worker.ts";
import type { CheckProgress, CheckReport } from "./check.ts";
import type {
  CopyDigest,
  FileGlance,
  FileRhythms,
  InspectionAnswer,
  InspectionNews,
  InspectionRequest,
  ReplayToCount,
  SurveyedFile,
} from "./inspection-questions.ts";
import type { EventToLocate, LocatedEvent } from "./locate-event.ts";

/** Surveys the files. Files that are missing or cannot be read are left out: opening them reports why. */
export async function surveyFiles(paths: readonly string[]): Promise<readonly SurveyedFile[]> {
  const answer = await inspect({ kind: "survey", paths });
  return answer.kind === "survey" ? answer.files : [];
}

/** The given files that have unfinished replays. */
export async function findUnfinishedReplays(paths: readonly string[]): Promise<readonly string[]> {
  const answer = await inspect({ kind: "unfinished replays", paths });
  return answer.kind === "unfinished replays" ? answer.paths : [];
}

export async function countReplayInBackground(wanted: ReplayToCount): Promise<CountedReplay> {
  const answer = await inspect({ kind: "count replay", ...wanted });
  if (answer.kind !== "count replay") throw new Error("the replay was not counted");
  return answer.count;
}

export async function readRhythmsOf(paths: readonly string[]): Promise<readonly FileRhythms[]> {
  const answer = await inspect({ kind: "rhythms", paths });
  return answer.kind === "rhythms" ? answer.files : [];
}

/** Files that are missing or cannot be read are left out. */
export async function readGlancesOf(paths: readonly string[], now: number): Promise<readonly FileGlance[]> {
  const answer = await inspect({ kind: "glances", paths, now });
  return answer.kind === "glances" ? answer.files : [];
}

export async function locateEventAmong(wanted: EventToLocate): Promise<LocatedEvent> {
  const answer = await inspect({ kind: "locate event", ...wanted });
  return answer.kind === "locate event" ? answer.located : { found: null, isWhole: false };
}

/** Checks every database; see `check.ts`. */
export async function checkInBackground(
  where: { dbPath: string; dataDir: string },
  onProgress: (progress: CheckProgress) => void = () => undefined,
): Promise<CheckReport> {
  const { dbPath, dataDir } = where;
  const answer = await inspect({ kind: "check", dbPath, dataDir }, (news) => {
    if (news.kind === "progress") onProgress(news.progress);
  });
  if (answer.kind !== "check") throw new Error("the check has no report");
  return answer.report;
}

/** `onHeld` is called once later changes of the file are not in the digest any more. */
export async function digestEventFile(path: string, onHeld: () => void): Promise<CopyDigest> {
  const answer = await inspect({ kind: "digest event file", path }, (news) => {
    if (news.kind === "held") onHeld();
  });
  if (answer.kind !== "digest event file") throw new Error("there is no digest");
  return answer.digest;
}

/** Rejects for a main database that is no part of a cluster. */
export async function digestMainDatabase(path: string): Promise<MainDigest> {
  const answer = await inspect({ kind: "digest main database", path });
  if (answer.kind !== "digest main database") throw new Error("there is no digest");
  return answer.digest;
}

async function inspect(
  request: InspectionRequest,
  onNews: (news: InspectionNews) => void = () => undefined,
): Promise<InspectionAnswer> {
  const script = new URL("./inspection-worker.ts", import.meta.url);
  const answer = await askWorker<InspectionRequest, InspectionAnswer>(script, request, (message) => {
    if (message.kind !== "progress" && message.kind !== "held") return true;
    onNews(message);
    return false;
  });
  if (answer.kind === "failed") throw new Error(answer.error);
  return answer;
}
