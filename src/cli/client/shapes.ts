/** The API's objects as the commands read them. Unknown fields pass: the gateway may be newer than this program. */
import { z } from "zod";

const id = z.string();

export const webhookShape = z.looseObject({ id, name: z.string() });
export const entrypointShape = z.looseObject({ id, name: z.string(), url: z.string() });
export const targetShape = z.looseObject({
  id,
  webhook_id: id,
  name: z.string(),
  type: z.string(),
  active: z.boolean(),
  paused: z.boolean(),
  event_types: z.array(z.string()).default([]),
  filter: z.unknown().default(null),
});

const counts = z.looseObject({
  pending: z.number(),
  retrying: z.number(),
  delivered: z.number(),
  failed: z.number(),
  held: z.number(),
  discarded: z.number(),
});

const eventFacts = {
  id,
  received_at: z.string(),
  method: z.string(),
  path_tail: z.string(),
  query: z.string(),
  content_type: z.string(),
  body_size: z.number(),
  remote_address: z.string(),
  type: z.string().nullable(),
};

export const eventSummaryShape = z.looseObject({ ...eventFacts, delivery_counts: counts });

const resultShape = z.looseObject({
  attempt: z.number(),
  started_at: z.string(),
  duration_ms: z.number(),
  status_code: z.number().nullable(),
  error: z.string().nullable(),
});

const deliveryShape = z.looseObject({
  target_id: id,
  status: z.string(),
  attempts: z.number(),
  next_attempt_at: z.string().nullable(),
  reason: z.string().nullable(),
  results: z.array(resultShape),
});

export const eventShape = z.looseObject({
  ...eventFacts,
  headers: z.array(z.tuple([z.string(), z.string()])),
  body_base64: z.string(),
  deliveries: z.array(deliveryShape),
});

export const replayRunShape = z.looseObject({
  id,
  state: z.string(),
  replayed: z.number(),
  matched: z.looseObject({ events: z.number(), deliveries: z.number() }).nullable(),
});

export const replayCountShape = z.looseObject({
  events: z.number(),
  deliveries: z.number(),
  exact: z.boolean(),
});

export const replayedShape = z.looseObject({ deliveries: z.number() });

export function pageOf<T extends z.ZodType>(item: T) {
  return z.looseObject({ data: z.array(item), next_cursor: z.string().nullable() });
}

export const eventPageShape = pageOf(eventSummaryShape).extend({ not_searched: z.number().optional() });

export type RemoteWebhook = z.output<typeof webhookShape>;
export type RemoteEntrypoint = z.output<typeof entrypointShape>;
export type RemoteTarget = z.output<typeof targetShape>;
export type RemoteEventSummary = z.output<typeof eventSummaryShape>;
export type RemoteEvent = z.output<typeof eventShape>;
