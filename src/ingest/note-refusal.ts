/** Counts and logs a request that could not be verified, and keeps it for the entrypoint's owner. */
import type { Door } from "./door.ts";
import type { RulesReader } from "./entrypoint-rules.ts";
import type { RejectedKeeper } from "./keep-rejected.ts";
import type { Received, Refused } from "./receive.ts";
import type { RefusalLog } from "./refusal-log.ts";

/** Rejects with AppError `rate_limited` if too many are refused. */
export type RefusalNoter = (refused: Refused, of: Omit<Received, "accepted">) => Promise<void>;

export function createRefusalNoter(deps: {
  door: Pick<Door, "count">;
  readRules: RulesReader;
  refusals: RefusalLog;
  rejectedKeeper: RejectedKeeper;
}): RefusalNoter {
  const { door, readRules, refusals, rejectedKeeper } = deps;
  return async ({ provider, reason, event }, { route, facts, body }) => {
    const { entrypointId, webhookId } = route;
    const rules = readRules(route);
    door.count({ entrypointId, rules, isAccepted: false });
    refusals.note({ entrypointId, webhookId, provider, reason });
    const isKept = event !== null && (rules?.keepRejected ?? true);
    if (isKept) await rejectedKeeper.keep({ route, facts, body, reason, secretPlace: event.secretPlace });
  };
}
