/** Converts internal objects into the API's form, so that rows and internal names never reach clients. */
import type { z } from "zod";
import type { Duplicate, Duplicates } from "../storage/event-db/duplicates.ts";
import type { EventOrigin } from "../storage/event-db/event-log.ts";
import type {
  Delivery,
  DeliveryResult,
  DuplicateCounts,
  EventSummary,
  StoredEvent,
} from "../storage/event-db/types.ts";
import { managedOf } from "../webhooks/config/views.ts";
import type { Entrypoint } from "../webhooks/entrypoints.ts";
import type { FilterFate } from "../webhooks/filter-fates.ts";
import type { UnreadValue } from "../webhooks/unread-values.ts";
import type { Trial, TriedRequest } from "../webhooks/verification-trial.ts";
import type { Webhook } from "../webhooks/webhooks.ts";
import type {
  deliverySchema,
  eventSchema,
  eventSummarySchema,
  resultSchema,
} from "./events/event-schemas.ts";
import type { entrypointSchema, trialSchema, webhookSchema } from "./schemas.ts";

export function presentWebhook(webhook: Webhook): z.infer<typeof webhookSchema> {
  return {
    id: webhook.id,
    name: webhook.name,
    role: webhook.role,
    owner_id: webhook.ownerId,
    external_id: webhook.externalId,
    ...webhook.settings,
    ...managedOf(webhook),
    events_lost_at: webhook.eventsLostAt === null ? null : time(webhook.eventsLostAt),
    created_at: time(webhook.createdAt),
    updated_at: time(webhook.updatedAt),
  };
}

/** `baseUrl` has no trailing slash. */
export function presentEntrypoint(entrypoint: Entrypoint, baseUrl: string): z.infer<typeof entrypointSchema> {
  return {
    id: entrypoint.id,
    webhook_id: entrypoint.webhookId,
    name: entrypoint.name,
    url: entrypoint.showsUrl ? `${baseUrl}/webhook/${entrypoint.id}` : null,
    active: entrypoint.active,
    verification: presentVerification(entrypoint.verification),
    ...entrypoint.settings,
    ...managedOf(entrypoint),
    created_at: time(entrypoint.createdAt),
    updated_at: time(entrypoint.updatedAt),
  };
}

function presentVerification(verification: Entrypoint["verification"]) {
  return verification && { type: verification.type, config: verification.config };
}

export function presentTrial({ events, rejected }: Trial): z.infer<typeof trialSchema> {
  return {
    tried: events.tried,
    untried: events.untried,
    accepted: events.accepted,
    refused: events.refused.map(({ id, ...refusal }) => ({ event_id: id, ...presentRefusal(refusal) })),
    rejected: {
      tried: rejected.tried,
      untried: rejected.untried,
      accepted: rejected.accepted,
      refused: rejected.refused.map(({ id, ...refusal }) => ({
        rejected_id: id,
        ...presentRefusal(refusal),
      })),
    },
  };
}

function presentRefusal({ receivedAt, reason }: Omit<TriedRequest, "id">) {
  return { received_at: time(receivedAt), reason };
}

export function presentEventSummary(event: EventSummary): z.infer<typeof eventSummarySchema> {
  const { pending, retrying, delivered, failed, held, discarded } = event.deliveries;
  return {
    ...presentFacts(event, event.duplicates),
    filtered_count: event.filtered,
    delivery_counts: { pending, retrying, delivered, failed, held, discarded },
  };
}

export function presentEvent(
  event: StoredEvent,
  deliveries: readonly Delivery[],
  more: Readonly<{
    duplicates: Duplicates;
    firstReceivedAt: number | null;
    origin: EventOrigin | null;
    unread: readonly UnreadValue[];
    fates: readonly FilterFate[];
  }>,
): z.infer<typeof eventSchema> {
  const { duplicates, firstReceivedAt, origin, unread, fates } = more;
  const presentFates = (wanted: FilterFate["fate"]) =>
    fates
      .filter(({ fate }) => fate === wanted)
      .map(({ targetId, reason, isChanged }) => ({ target_id: targetId, reason, filter_changed: isChanged }));
  return {
    ...presentFacts(event, duplicates),
    unread_values: unread.map(({ setting, place, reason }) => ({ setting, place, reason })),
    first_received_at: firstReceivedAt === null ? null : time(firstReceivedAt),
    sent_by: origin?.sentBy ?? null,
    copy_of: origin?.copyOf ?? null,
    headers: presentHeaders(event.headers),
    body_base64: base64(event.body),
    duplicates: duplicates.last.map(presentDuplicate),
    deliveries: deliveries.map(presentDelivery),
    filtered_by: presentFates("filtered"),
    unjudged_by: presentFates("unjudged"),
  };
}

export function presentDelivery(delivery: Delivery): z.infer<typeof deliverySchema> {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    target_id: delivery.targetId,
    status: delivery.status,
    attempts: delivery.attempts,
    attempts_since_replay: delivery.attemptsSinceReplay,
    next_attempt_at: delivery.nextAttemptAt === null ? null : time(delivery.nextAttemptAt),
    reason: delivery.reason,
    created_at: time(delivery.createdAt),
    updated_at: time(delivery.updatedAt),
    results: delivery.results.map(presentResult),
  };
}

function presentResult(result: DeliveryResult): z.infer<typeof resultSchema> {
  return {
    id: result.id,
    attempt: result.attempt,
    started_at: time(result.startedAt),
    duration_ms: result.durationMs,
    status_code: result.statusCode,
    error: result.error,
    response_headers: result.responseHeaders === null ? null : presentHeaders(result.responseHeaders),
    response_body_base64: result.responseBody === null ? null : base64(result.responseBody),
    response_body_truncated: result.responseBodyTruncated,
    transformation_version: result.transformationVersion,
    transformation_failed: result.transformationFailed,
  };
}

function presentDuplicate({ receivedAt, remoteAddress, bodySize, bodyDiffers }: Duplicate) {
  return {
    received_at: time(receivedAt),
    remote_address: remoteAddress,
    body_size: bodySize,
    body_differs: bodyDiffers,
  };
}

function presentFacts(event: Omit<StoredEvent, "headers" | "body">, duplicates: DuplicateCounts) {
  return {
    id: event.id,
    entrypoint_id: event.entrypointId,
    received_at: time(event.receivedAt),
    method: event.method,
    path_tail: event.pathTail,
    query: event.query,
    content_type: event.contentType,
    body_size: event.bodySize,
    remote_address: event.remoteAddress,
    type: event.type,
    duplicate_count: duplicates.count,
    differing_duplicate_count: duplicates.differing,
    same_key_as: duplicates.sameKeyAs === null ? null : duplicates.sameKeyAs.eventId,
  };
}

export function presentHeaders(headers: StoredEvent["headers"]): [string, string][] {
  return headers.map(([name, value]) => [name, value]);
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

export function time(ms: number): string {
  return new Date(ms).toISOString();
}
