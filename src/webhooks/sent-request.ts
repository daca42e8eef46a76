/** Computes again what an attempt sent after the target's transformation: equal code gives equal requests. */
import { notFound } from "../lib/errors.ts";
import type { StoredEvent } from "../storage/event-db/types.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import { transformationKey } from "../targets/transformations/transform-input.ts";
import type { Transform, TransformRun } from "../targets/transformations/transformer.ts";
import { getOwnWebhook, type InWebhook } from "./webhooks.ts";

export type SentRequest = Readonly<{
  attempt: number;
  targetId: string;
  version: number;
  code: string;
  /** As it was received. */
  event: StoredEvent;
  run: TransformRun;
}>;

/** Throws AppError not_found, also for an attempt that transformed nothing. */
export type FindSentRequest = (
  of: InWebhook & Readonly<{ eventId: string; resultId: string }>,
) => Promise<SentRequest>;

export function createSentRequests(deps: {
  mainDb: MainDb;
  events: Pick<EventStore, "findEvent" | "listDeliveries">;
  transform: Transform;
}): FindSentRequest {
  const { mainDb, events, transform } = deps;
  return async ({ eventId, resultId, ...of }) => {
    const { id: webhookId } = getOwnWebhook(mainDb, of);
    const [event, deliveries] = await Promise.all([
      events.findEvent(webhookId, eventId),
      events.listDeliveries(webhookId, eventId),
    ]);
    const delivery = deliveries.find(({ results }) => results.some(({ id }) => id === resultId));
    const result = delivery?.results.find(({ id }) => id === resultId);
    const version = result?.transformationVersion ?? null;
    if (!event || !delivery || !result || version === null) throw notFound("transformed attempt");
    const { targetId } = delivery;
    const row = mainDb.transformations.find(targetId, version);
    if (!row) throw notFound("version of the transformation");
    const code = { key: transformationKey(targetId, version), source: row.code };
    const run = await transform({ code, event, webhookId, targetId, wantsLines: true });
    return { attempt: result.attempt, targetId, version, code: row.code, event, run };
  };
}
