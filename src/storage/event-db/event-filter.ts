/** The criteria by which events are searched and replayed. */
import type { DeliveryStatus } from "./types.ts";

/** A stored status, or `retrying`: pending after a failed attempt. */
export type DeliveryState = DeliveryStatus | "retrying";

export const DELIVERY_STATES = [
  "pending",
  "retrying",
  "delivered",
  "failed",
  "held",
  "discarded",
] as const satisfies readonly DeliveryState[];

/** "filtered": a target's filter kept the event from it; there is no delivery then. */
export type EventFate = DeliveryState | "filtered";

export const EVENT_FATES = [...DELIVERY_STATES, "filtered"] as const satisfies readonly EventFate[];

/** A status code, a class of them ("5xx"), or "none": the request was not answered. */
export const ANSWER = /^([1-5](xx|\d\d)|none)$/;

export type EventFilter = Readonly<{
  /** Receive time, milliseconds UTC, both ends included. */
  from?: number | undefined;
  to?: number | undefined;
  entrypointId?: string | undefined;
  targetId?: string | undefined;
  /** State of any delivery, or of the one to `targetId`; `pending` finds those that are retrying too. */
  status?: EventFate | undefined;
  /** That delivery was given up because the target's transformation failed. */
  transformationFailed?: true | undefined;
  /** Answer to that delivery's last attempt, as ANSWER says. */
  answer?: string | undefined;
  method?: string | undefined;
  type?: string | undefined;
  /** Occurs in the path, query, headers or body as they are shown; ASCII letters match in either case. */
  text?: string | undefined;
  /** All of them. */
  fields?: readonly FieldCondition[] | undefined;
}>;

/** A field of a webhook's events, found by its value: a number by its text. */
export type FieldCondition = Readonly<{
  name: string;
  /** A header's name, or "$." and a path in the body. */
  place: string;
  value: string;
}>;

/** The stored status of a state. */
export function statusOf(state: DeliveryState): DeliveryStatus {
  return state === "retrying" ? "pending" : state;
}

/** True of a pending row of `deliveries` that had an attempt since it was created or last replayed. */
export const HAD_ATTEMPT = "attempts > attempts_at_replay";

/**
 * The SQL condition on a row of `deliveries`. The status is part of the text and not bound, so that partial indexes
 * apply.
 */
export function inState(state: DeliveryState): string {
  const condition = `status = '${statusOf(state)}'`;
  return state === "retrying" ? `${condition} AND ${HAD_ATTEMPT}` : condition;
}
