/** Runs the target's transformation before an attempt, and says what comes of it where nothing is to be sent. */
import type { StoredEvent } from "../../storage/event-db/types.ts";
import type { DeliveryTarget } from "../../storage/main-db/routing.ts";
import type { Outcome } from "../../targets/target-type.ts";
import { transformationKey } from "../../targets/transformations/transform-input.ts";
import { describeFault, type Transform } from "../../targets/transformations/transformer.ts";

/** How an attempt ended that did not reach the target. */
export type Unsent =
  /** The transformation wants nothing to be sent. */
  | Readonly<{ kind: "dropped"; reason: string }>
  /** The transformation failed; it would fail again. */
  | Readonly<{ kind: "untransformed"; reason: string }>
  /** The transformation did not run; another attempt may help. */
  | Readonly<{ kind: "unready"; error: string }>;

export type AttemptOutcome = Outcome | Unsent;

type Target = Pick<DeliveryTarget, "id" | "webhookId" | "transformation">;

/** The event as the target is to get it. */
export async function transformFirst(
  transform: Transform,
  target: Target,
  event: StoredEvent,
): Promise<Readonly<{ event: StoredEvent }> | Unsent> {
  const code = codeOf(target);
  if (code === null) return { event };
  const { version } = code;
  const run = await transform({ code, event, webhookId: target.webhookId, targetId: target.id });
  switch (run.kind) {
    case "request":
      return { event: { ...event, ...run.event } };
    case "dropped":
      return { kind: "dropped", reason: `Dropped by the transformation (version ${version}).` };
    case "unavailable":
      return { kind: "unready", error: `The transformation could not run: ${run.error}.` };
    case "failed":
      return {
        kind: "untransformed",
        reason: `The transformation (version ${version}) failed: ${describeFault(run.fault)}`,
      };
  }
}

function codeOf({ id, transformation }: Target) {
  if (transformation === null) return null;
  const { version, code } = transformation;
  return { key: transformationKey(id, version), source: code, version };
}
