/** Writes pulled deliveries as JSON: in one piece if they are short, else bit by bit, so that others can go on. */
import { type PulledRequest, requestOf } from "../../targets/pull/pulled-request.ts";
import type { Pulled } from "../../webhooks/pulls.ts";
import { time } from "../presenters.ts";

/** Bodies together that are written in one piece: about 1 ms. */
const SHORT_BYTES = 256 * 1024;
/** Bytes of a body that are encoded at a time; a multiple of 3, so that the pieces of base64 fit together. */
const PIECE_BYTES = 192 * 1024;

export function pulledResponse({ leases, unknownLeases, isPaused }: Pulled, now: number): Response {
  const requests = leases.map((lease) => requestOf(lease, now));
  const bytes = requests.reduce((sum, { body }) => sum + body.byteLength, 0);
  const rest = { unknown_leases: unknownLeases, paused: isPaused };
  if (bytes <= SHORT_BYTES) return Response.json({ data: requests.map(present), ...rest });
  const pieces = piecesOf(requests, rest);
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  return new Response(stream, { headers: { "content-type": "application/json;charset=utf-8" } });
}

function present(request: PulledRequest) {
  return { ...presentHead(request), body_base64: base64(request.body) };
}

function presentHead(request: PulledRequest) {
  return {
    lease_id: request.leaseId,
    lease_ms: request.leaseMs,
    event_id: request.eventId,
    attempt: request.attempt,
    received_at: time(request.receivedAt),
    type: request.type,
    method: request.method,
    path: request.path,
    query: request.query,
    headers: request.headers,
  };
}

function* piecesOf(requests: readonly PulledRequest[], rest: object): Generator<string> {
  let before = '{"data":[';
  for (const request of requests) {
    yield `${before}${JSON.stringify(presentHead(request)).slice(0, -1)},"body_base64":"`;
    for (let from = 0; from < request.body.byteLength; from += PIECE_BYTES) {
      yield base64(request.body.subarray(from, from + PIECE_BYTES));
    }
    before = '"},';
  }
  yield `${requests.length === 0 ? before : '"}'}],${JSON.stringify(rest).slice(1)}`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
