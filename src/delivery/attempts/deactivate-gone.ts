/** Deactivates a target that responds with 410 (Gone), and says why. */
import type { Clock } from "../../lib/clock.ts";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import type { DeliveryTarget } from "../../storage/main-db/routing.ts";
import type { TargetQueries } from "../../storage/main-db/targets.ts";
import type { TargetNotices } from "../target-notices.ts";

const REASON = "It responded with 410 (Gone), which means that it has been removed for good.";

export function createGoneHandler(deps: {
  targets: Pick<TargetQueries, "deactivate">;
  notices?: Pick<TargetNotices, "targetDeactivated">;
  clock: Clock;
  log: Logger;
}): (target: DeliveryTarget) => void {
  const { targets, notices, clock, log } = deps;
  return ({ id, webhookId }) => {
    const of = { webhook_id: webhookId, target_id: id };
    try {
      targets.deactivate({ id, webhookId, reason: REASON, at: clock.now() });
      notices?.targetDeactivated({ webhookId, targetId: id, reason: REASON });
      log.warn("a target responded with 410 and was deactivated; its deliveries wait", of);
    } catch (error) {
      // The delivery is stored as failed, so the next attempt meets the 410 again.
      log.error("a target that responded with 410 could not be deactivated", {
        ...of,
        cause: errorMessage(error),
      });
    }
  };
}
