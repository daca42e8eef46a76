/** A replay of many events as the API answers it. */
import type { z } from "zod";
import type { SeenReplay } from "../delivery/replay-runs.ts";
import type { EventFilter } from "../storage/event-db/event-search.ts";
import { time } from "./presenters.ts";
import type { replayRunSchema } from "./schemas.ts";

type Wire = z.infer<typeof replayRunSchema>;

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
    matched: matched && { events: matched.events, deliveries: matched.deliveries, exact: matched.isExact },
    replayed: run.replayed,
    skipped: run.skipped,
    waiting_for_target_id: run.waitsFor,
    reason: run.reason,
    asked_by: run.askedBy,
    created_at: time(run.createdAt),
    updated_at: time(run.updatedAt),
  };
}

function presentFilter(filter: EventFilter): NonNullable<Wire["filter"]> {
  const { from, to, entrypointId, targetId, ...rest } = filter;
  return {
    ...rest,
    ...(from !== undefined && { from: time(from) }),
    ...(to !== undefined && { to: time(to) }),
    ...(entrypointId !== undefined && { entrypoint_id: entrypointId }),
    ...(targetId !== undefined && { target_id: targetId }),
  };
}
