/** Interface through which events and attempts are traced. Without a tracer, nothing is created for it. */

export type ReceivedRequest = Readonly<{
  eventId: string;
  /** True for a copy of an event that is already stored. */
  isDuplicate: boolean;
  webhookId: string;
  entrypointId: string;
  method: string;
  /** The sender's header, as received. */
  traceparent: string | null;
  bodyBytes: number;
  statusCode: number;
  /** Time of the request, by `now` of the tracer. */
  since: number;
}>;

export type BegunAttempt = Readonly<{
  eventId: string;
  webhookId: string;
  targetId: string;
  targetType: string;
  /** Destination without secrets: a URL, or words. */
  destination: string;
  method: string;
  /** Header of the event, as received. */
  traceparent: string | null;
  attempt: number;
  replays: number;
}>;

export type EndedAttempt = Readonly<{ status: string; statusCode: number | null; error: string | null }>;

export type TracedAttempt = Readonly<{
  /** Header to send to the target, so that it can attach its own spans. */
  traceparent: string;
  /** Not called for an attempt that a stop interrupts, because that one does not count. */
  end: (ended: EndedAttempt) => void;
}>;

export type Tracing = Readonly<{
  /** Monotonic time, to pass back when something has ended. */
  now: () => number;
  /** Records an acknowledged event. */
  received: (request: ReceivedRequest) => void;
  /** Begins a span; null if this event's trace is not sampled. */
  beginAttempt: (begun: BegunAttempt) => TracedAttempt | null;
}>;
