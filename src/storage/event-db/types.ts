/** The shapes in which events, deliveries and results enter and leave the event files. */

export type DeliveryStatus = "pending" | "delivered" | "failed" | "held" | "discarded";

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** The Content-Encoding header; "" if there is none. */
export function contentEncodingOf(headers: HeaderPairs): string {
  return headers
    .filter(([name]) => name.toLowerCase() === "content-encoding")
    .map(([, value]) => value)
    .join(", ");
}

/** A target's filter as it was. The same object stands for it with every event, so that its number is looked up once. */
export type FilterMark = Readonly<{ targetId: string; fingerprint: string }>;

/** One request and the targets that get it, as ingestion passes them to the writer. */
export type EventDraft = Readonly<{
  id: string;
  webhookId: string;
  entrypointId: string;
  receivedAt: number;
  method: string;
  pathTail: string;
  query: string;
  headers: HeaderPairs;
  contentType: string;
  remoteAddress: string;
  /** The event type as the sender names it; null if unknown. */
  type: string | null;
  body: Uint8Array;
  targets: readonly EventGoal[];
  /** Filters of targets that did not want it; left out where no target has one. */
  filtered?: readonly FilterMark[];
  /** Filters that could not judge it; their targets get it. */
  unjudged?: readonly FilterMark[];
}>;

/** Approximate size: body and headers only. */
export function bytesOf({ body, headers }: Pick<EventDraft, "body" | "headers">): number {
  let bytes = body.byteLength;
  for (const [name, value] of headers) bytes += name.length + value.length;
  return bytes;
}

/** A target that gets an event. */
export type EventGoal = Readonly<{
  id: string;
  settlesAtIngest: boolean;
  /** True while the target is paused: the delivery is held. */
  held?: boolean;
  /** The delivery's lane; undefined if it is delivered in any order. */
  orderKey?: string;
}>;

export type StoredEvent = Readonly<{
  id: string;
  entrypointId: string;
  receivedAt: number;
  method: string;
  pathTail: string;
  query: string;
  headers: HeaderPairs;
  contentType: string;
  remoteAddress: string;
  type: string | null;
  bodySize: number;
  body: Uint8Array;
}>;

/** A due delivery with its event, ready for one attempt. */
export type DueDelivery = Readonly<{
  eventId: string;
  targetId: string;
  attempts: number;
  attemptsAtReplay: number;
  replays: number;
  dueAt: number;
  /** When the delivery was created or last replayed. */
  dueSince: number;
  event: StoredEvent;
}>;

/** One attempt and the state it leaves its delivery in; committed together. */
export type Settlement = Readonly<{
  eventId: string;
  targetId: string;
  /** The delivery's `replays` when the attempt began: a replay requested meanwhile keeps it pending. */
  replays: number;
  status: DeliveryStatus;
  nextAttemptAt: number | null;
  reason: string | null;
  result: DeliveryResult;
}>;

export type DeliveryResult = Readonly<{
  id: string;
  attempt: number;
  startedAt: number;
  durationMs: number;
  statusCode: number | null;
  error: string | null;
  responseHeaders: HeaderPairs | null;
  responseBody: Uint8Array | null;
  responseBodyTruncated: boolean;
  /** The version of the target's transformation that ran; null where none did. */
  transformationVersion: number | null;
  /** It failed, and nothing was sent. */
  transformationFailed: boolean;
}>;

export type Delivery = Readonly<{
  id: string;
  eventId: string;
  targetId: string;
  status: DeliveryStatus;
  attempts: number;
  /** Attempts since the delivery was created or last replayed: a pending delivery with any is retrying. */
  attemptsSinceReplay: number;
  nextAttemptAt: number | null;
  reason: string | null;
  createdAt: number;
  updatedAt: number;
  results: readonly DeliveryResult[];
}>;

export type DeliveryCounts = Readonly<Record<DeliveryStatus, number>>;

/** `retrying` is a part of `pending`: deliveries that had an attempt since they were created or last replayed. */
export type EventDeliveryCounts = DeliveryCounts & Readonly<{ retrying: number }>;

/** The oldest stored event of the entrypoint with the same key, and how this event differs from it. */
export type SameKey = Readonly<{ eventId: string; differsIn: "body" | "request line" }>;

export type DuplicateCounts = Readonly<{
  /** Number of duplicates that arrived later and were not stored. */
  count: number;
  /** Number of those duplicates that were a different request. */
  differing: number;
  /** Null if the event is the oldest one with its key, or has no key. */
  sameKeyAs: SameKey | null;
}>;

export type EventSummary = Omit<StoredEvent, "headers" | "body"> &
  Readonly<{
    /** One line on the body; null if it was not asked for, or the body says nothing in plain text. */
    preview: string | null;
    deliveries: EventDeliveryCounts;
    /** Targets whose filter kept it from them. */
    filtered: number;
    duplicates: DuplicateCounts;
  }>;
