/** URLs of the problems page, and of what helps with a problem. */
import { PROBLEM_SUBJECTS } from "../../settings/notice-settings.ts";
import type { Problem } from "../../storage/main-db/problems.ts";
import { rejectedPath } from "../rejected/paths.ts";
import { newReplayPath } from "../replays/paths.ts";
import { logPath } from "../webhooks/paths.ts";

export const PROBLEMS_PATH = "/problems";

export type ProblemView = "open" | "over";

export function problemsPath(view: ProblemView, cursor?: string): string {
  const query = new URLSearchParams({ ...(view === "over" && { state: view }), ...(cursor && { cursor }) });
  return query.size === 0 ? PROBLEMS_PATH : `${PROBLEMS_PATH}?${query}`;
}

export function acknowledgePath({ id }: Pick<Problem, "id">): string {
  return `${PROBLEMS_PATH}/${id}/acknowledge`;
}

/** The log, or the list of rejected requests, filtered to what the problem is about. */
export function evidencePath({ kind, webhookId, subjectId, since }: Problem): string {
  switch (kind) {
    case "target_circuit_open":
    case "target_deactivated":
      return logPath(webhookId, { target: subjectId, status: "pending" });
    case "entrypoint_silent":
      return logPath(webhookId, { entrypoint: subjectId });
    case "entrypoint_refusing":
      return rejectedPath(webhookId, subjectId);
    case "target_failing":
    case "transformation_failing":
      return logPath(webhookId, failedSince({ kind, subjectId, since }));
  }
}

/** The form that replays what failed since the problem began; null for problems of entrypoints. */
export function repairPath({ kind, webhookId, subjectId, since }: Problem): string | null {
  if (PROBLEM_SUBJECTS[kind] === "entrypoint") return null;
  return newReplayPath(webhookId, `?${new URLSearchParams(failedSince({ kind, subjectId, since }))}`);
}

type Failing = Pick<Problem, "kind" | "subjectId" | "since">;

function failedSince({ kind, subjectId, since }: Failing): Record<string, string> {
  return {
    // In UTC, as links without a time zone are read; the minute in which it began is included.
    from: new Date(since).toISOString().slice(0, 16),
    target: subjectId,
    status: "failed",
    ...(kind === "transformation_failing" && { transformation: "failed" }),
  };
}
