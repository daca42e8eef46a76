/** The error for changes that only the leader of a cluster may make. */
import { AppError } from "../../lib/errors.ts";

/** Nothing was changed. */
export function notLeading(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "not_leading",
    message: "This node does not lead the cluster at the moment.",
    hint: "Another node takes over within seconds; try again.",
    retryAfterSeconds: 3,
  });
}
