/** The request that a puller gets for a delivery: the bytes and headers that an http target would be sent. */
import { withoutMaskedParameters } from "../../settings/masked-secret.ts";
import { headersFor } from "../http-headers.ts";
import type { HeaderList } from "../target-type.ts";
import type { Lease } from "./pulled-target.ts";

export type PulledRequest = Readonly<{
  leaseId: string;
  /** How long the puller may take, in milliseconds. */
  leaseMs: number;
  eventId: string;
  attempt: number;
  /** Milliseconds UTC. */
  receivedAt: number;
  type: string | null;
  method: string;
  /** Path after the entrypoint's own, or the one that the transformation chose: "" or "/…". */
  path: string;
  /** Without its "?". */
  query: string;
  headers: HeaderList;
  body: Uint8Array;
}>;

/** `now` is the time of the signature. */
export function requestOf({ id, attempt }: Lease, now: number): PulledRequest {
  const { event, timeoutMs } = attempt;
  return {
    leaseId: id,
    leaseMs: timeoutMs,
    eventId: event.id,
    attempt: attempt.attempt,
    receivedAt: event.receivedAt,
    type: event.type ?? null,
    method: event.method,
    path: event.pathTail,
    query: withoutMaskedParameters(event.query),
    headers: headersFor(attempt, now),
    body: event.body,
  };
}
