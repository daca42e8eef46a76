/** Refusals that a node of a cluster may make by rows that the leader has changed: a moment later they would be wrong. */
import { AppError, type ErrorKind } from "../lib/errors.ts";
import { isId } from "../lib/ids.ts";
import type { Route } from "../storage/main-db/routing.ts";
import type { RulesReader } from "./entrypoint-rules.ts";

/** Senders try again by themselves after 429 and 503. */
const FINAL: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  "not_found",
  "gone",
  "forbidden",
  "method_not_allowed",
  "unauthenticated",
  "too_large",
]);

/** `found`: null if the entrypoint is unknown here. */
export function mayBeOutdated(
  error: unknown,
  { entrypointId, found, readRules }: { entrypointId: string; found: Route | null; readRules: RulesReader },
): boolean {
  if (!(error instanceof AppError && FINAL.has(error.kind))) return false;
  // An address that no entrypoint has ever.
  if (found === null) return isId(entrypointId);
  // The server's own limit is no row.
  return error.kind !== "too_large" || typeof readRules(found)?.maxBodyBytes === "number";
}

/** For a body that is gone, as it was larger than its entrypoint took before. */
export function changedMeanwhile(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "entrypoint_changed",
    message: "The entrypoint was changed while the request came. Nothing was stored; send it again.",
    retryAfterSeconds: 1,
  });
}
