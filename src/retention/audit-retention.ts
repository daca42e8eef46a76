/** Deletes old entries of the audit log, a few at a time. */
import { type Clock, DAY_MS } from "../lib/clock.ts";
import type { AuditLog } from "../storage/main-db/audit/audit-log.ts";
import type { Durability } from "../storage/main-db/durability.ts";

const KEPT_DAYS = 365;

export function createAuditRetention(deps: {
  audit: Pick<AuditLog, "pruneStep">;
  durably: Durability["durably"];
  clock: Pick<Clock, "now">;
}): (isStopping: () => boolean) => Promise<void> {
  const { audit, durably, clock } = deps;
  return async (isStopping) => {
    const before = clock.now() - KEPT_DAYS * DAY_MS;
    // Each step waits for its sync, which lets requests go first.
    while (!isStopping() && (await durably(async () => audit.pruneStep(before))));
  };
}
