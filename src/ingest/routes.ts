/** The senders' address: POST /webhook/{entrypoint id}, with any path and query after it. */
import { Elysia } from "elysia";
import { AppError } from "../lib/errors.ts";
import { type IngestMetrics, noMetrics } from "../lib/metrics.ts";
import { type BodyReader, createBodyReader } from "./body.ts";
import type { Judgement, Receiver } from "./receive.ts";
import { createRemoteAddressReader, type Peer } from "./remote-address.ts";
import { type RequestFacts, splitAfterEntrypoint } from "./snapshot.ts";

export function createIngestRoutes(deps: {
  receiver: Receiver;
  maxBodyBytes: number;
  trustedProxies: readonly string[];
  onTooLarge: () => void;
  metrics?: IngestMetrics;
}) {
  const { receiver, metrics = noMetrics } = deps;
  const bodies: BodyReader = createBodyReader(deps);
  const readRemoteAddress = createRemoteAddressReader(deps.trustedProxies);

  function factsOf(request: Request, peer: Peer | null): RequestFacts {
    return {
      method: request.method,
      ...splitAfterEntrypoint(request.url),
      headers: request.headers,
      remoteAddress: readRemoteAddress(request, peer),
    };
  }

  async function take(request: Request, entrypointId: string, peer: Peer | null): Promise<Response> {
    metrics.received();
    let body: Uint8Array | null = null;
    try {
      receiver.findRoute(entrypointId);
      body = await bodies.read(request);
      const since = metrics.now();
      // Once more, as a long body takes its time: what counts is how things are when the event is stored.
      const route = receiver.findRoute(entrypointId);
      const facts = factsOf(request, peer);
      if (route.verification !== null) {
        const judgement = await receiver.judge(route, facts, body);
        if (judgement.kind !== "accepted") return answer(judgement);
      }
      const eventId = await receiver.store(route, facts, body);
      metrics.stored({ id: eventId, bodyBytes: body.byteLength, targets: route.targets, since });
      return new Response(`{"id":"${eventId}"}`, {
        headers: { "content-type": "application/json", "x-webhooker-event-id": eventId },
      });
    } catch (error) {
      metrics.rejected(error);
      throw error;
    } finally {
      if (body) bodies.release(body);
    }
  }

  /** Throws AppError unauthenticated, without the reason: it is the owner's, not a stranger's. */
  function answer(judgement: Exclude<Judgement, { kind: "accepted" }>): Response {
    if (judgement.kind === "refused") {
      throw new AppError({
        kind: "unauthenticated",
        code: "verification_failed",
        message: "The request could not be verified; nothing was stored.",
        hint: "Check that the sender has the same secret as this entrypoint. Its owner finds the reason in the server's log.",
      });
    }
    metrics.shookHands();
    const { status, contentType, body } = judgement.answer;
    const headers = { "content-type": contentType, "x-content-type-options": "nosniff" };
    return new Response(body === "" ? null : body, { status, headers });
  }

  function takeOther(request: Request, entrypointId: string, peer: Peer | null): Response {
    metrics.received();
    try {
      const route = receiver.findRoute(entrypointId);
      const judgement = route.verification === null ? null : receiver.greet(route, factsOf(request, peer));
      if (judgement !== null) return answer(judgement);
      throw new AppError({
        kind: "method_not_allowed",
        message: "This entrypoint takes POST only.",
        allowed: ["POST"],
      });
    } catch (error) {
      metrics.rejected(error);
      throw error;
    }
  }

  const app = new Elysia({ name: "ingest" });
  for (const path of ["/webhook/:entrypointId", "/webhook/:entrypointId/*"] as const) {
    app.post(path, ({ request, params, server }) => take(request, params.entrypointId, server), {
      parse: "none",
    });
    app.all(path, ({ request, params, server }) => takeOther(request, params.entrypointId, server), {
      parse: "none",
    });
  }
  return app;
}
