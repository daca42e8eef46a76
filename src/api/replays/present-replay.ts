/** Converts replays of many events into the API's form. */
import type { z } from "zod";
import type { SeenReplay } from "../../replays/replay-runs.ts";
import type { EventFilter } from "../../storage/event-db/event-filter.ts";
import type { ReplayCount } from "../../storage/event-db/replays/replay-run.ts";
import { presentFields } from "../events/event-filter.ts";
import { time } from "../presenters.ts";
import type { replayRunSchema } from "../schemas.ts";

type Wire = z.infer<typeof replayRunSchema>;

export function presentReplayCount({ events, deliveries, isExact, notSearched }: ReplayCount) {
  return { events, deliveries, exact: isExact, not_searched: notSearched };
}

export function presentReplayRun(webhookId: string, run: SeenReplay): Wire {
  const { selection, matched } = run;
  return {
    id: run.id,
    webhook_id: webhookId,
    state: run.state,
    filter: selection.kind === "filter" ? presentFilter(selection.filter) : null,
    event_ids: selection.kind === "events" ? [...selection.eventIds] : null,
    target_id: run.targetId,
    only_missing: run.onlyMissing,
    matched: matched && presentReplayCount(matched),
    replayed: run.replayed,
    skipped: run.skipped,
    targets: run.targets.map((target) => ({
      target_id: target.targetId,
      state: target.state,
      matched: target.matched,
      replayed: target.replayed,
      skipped: target.skipped,
      waiting_for: target.waitsFor,
    })),
    waiting_for_target_id: findWaited(run),
    reason: run.reason,
    asked_by: run.askedBy,
    created_at: time(run.createdAt),
    updated_at: time(run.updatedAt),
  };
}

/** Returns the first target waited for, if no target can continue. */
function findWaited({ targets }: SeenReplay): string | null {
  const running = targets.filter(({ state }) => state === "running");
  return running.every(({ waitsFor }) => waitsFor !== null) ? (running[0]?.targetId ?? null) : null;
}

function presentFilter(filter: EventFilter): NonNullable<Wire["filter"]> {
  const { from, to, entrypointId, targetId, transformationFailed, fields, ...rest } = filter;
  return {
    ...rest,
    ...(from !== undefined && { from: time(from) }),
    ...(to !== undefined && { to: time(to) }),
    ...(entrypointId !== undefined && { entrypoint_id: entrypointId }),
    ...(transformationFailed === true && { transformation_failed: true }),
    ...(targetId !== undefined && { target_id: targetId }),
    ...(fields !== undefined && { field: presentFields(fields) }),
  };
}
