/** What a tracer is told of events and attempts. Where nobody traces there is none, and nothing is made for it. */

export type ReceivedRequest = Readonly<{
  eventId: string;
  /** A copy of that event, which is stored already. */
  isDuplicate: boolean;
  webhookId: string;
  entrypointId: string;
  method: string;
  /** The sender's header, as it came. */
  traceparent: string | null;
  bodyBytes: number;
  statusCode: number;
  /** When the request came, by `now` of the tracer. */
  since: number;
}>;

export type BegunAttempt = Readonly<{
  eventId: string;
  webhookId: string;
  targetId: string;
  targetType: string;
  /** Where it goes, without secrets: a URL, or words. */
  destination: string;
  method: string;
  /** Of the event, as it came. */
  traceparent: string | null;
  attempt: number;
  replays: number;
}>;

export type EndedAttempt = Readonly<{ status: string; statusCode: number | null; error: string | null }>;

export type TracedAttempt = Readonly<{
  /** What the target is to be told, for its own spans to hang on. */
  traceparent: string;
  /** An attempt that is cut off by a stop is not ended: it does not count. */
  end: (ended: EndedAttempt) => void;
}>;

export type Tracing = Readonly<{
  /** Monotonic, to hand back with what has ended. */
  now: () => number;
  /** The event was acknowledged. */
  received: (request: ReceivedRequest) => void;
  /** Null where this event's trace is not sampled. */
  beginAttempt: (begun: BegunAttempt) => TracedAttempt | null;
}>;
