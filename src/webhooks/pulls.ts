/** Use case of programs that pull a target's deliveries: brings results, and takes what is due. */
import { AppError, notFound } from "../lib/errors.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { PULL_TYPE } from "../targets/pull/pull-target.ts";
import type { Lease, Pull } from "../targets/pull/pulled-target.ts";
import type { Pulls } from "../targets/pull/pulls.ts";
import type { Outcome, Released } from "../targets/target-type.ts";
import { type InWebhook, requireRole } from "./people/roles.ts";

export type LeaseResult = Readonly<{ leaseId: string; outcome: Outcome | Released }>;

export type Pulled = Readonly<{
  leases: readonly Lease[];
  /** Leases among the results that are not the target's, or had ended. */
  unknownLeases: readonly string[];
  /** The target is paused, so that its deliveries are held. */
  isPaused: boolean;
}>;

/** Rejects with AppError: not_found, forbidden, unauthenticated, or conflict for a target that cannot be pulled from. */
export type PullDeliveries = (
  asked: InWebhook &
    Pull &
    Readonly<{
      targetId: string;
      results: readonly LeaseResult[];
      /** Whether whoever asks may still ask for the user, once the wait is over. */
      isStillKnown: () => boolean;
    }>,
) => Promise<Pulled>;

export function createPullDeliveries({ mainDb, pulls }: { mainDb: MainDb; pulls: Pulls }): PullDeliveries {
  return async ({ userId, webhookId, targetId, results, isStillKnown, ...pull }) => {
    const requirePuller = () => requireRole(mainDb, { userId, webhookId }, "replayer");
    requirePuller();
    const target = mainDb.routing.findTarget(targetId);
    if (target?.webhookId !== webhookId || target.deleted) throw notFound("target");
    if (target.type !== PULL_TYPE) throw notPulled();
    const unknownLeases = results
      .filter(({ leaseId, outcome }) => !pulls.settle({ targetId, leaseId, outcome }))
      .map(({ leaseId }) => leaseId);
    // Results of deliveries from before it was disabled are taken, and nothing is handed out.
    if (!target.active && pull.max > 0) {
      throw disabled(mainDb.targets.find({ webhookId, id: targetId })?.deactivatedReason ?? null);
    }
    const leases = await pulls.take({ webhookId, targetId, ...pull });
    // A pull waits long: whoever lost the access meanwhile gets nothing, and the next puller gets it.
    try {
      if (!isStillKnown()) throw notKnown();
      requirePuller();
    } catch (error) {
      for (const { id } of leases) pulls.settle({ targetId, leaseId: id, outcome: { kind: "released" } });
      throw error;
    }
    return { leases, unknownLeases, isPaused: target.paused };
  };
}

function notPulled(): AppError {
  return new AppError({
    kind: "conflict",
    code: "not_a_pull_target",
    message: "This target's deliveries are sent, so they cannot be pulled.",
    hint: "Create a target of the type pull.",
  });
}

function notKnown(): AppError {
  return new AppError({ kind: "unauthenticated", message: "This API key is not valid any more." });
}

/** `reason`: why the gateway disabled it; null if people did. */
function disabled(reason: string | null): AppError {
  return new AppError({
    kind: "conflict",
    code: "target_disabled",
    message: `This target is disabled, so it has no deliveries to pull.${reason === null ? "" : ` ${reason}`}`,
    hint: "Enable the target.",
  });
}
