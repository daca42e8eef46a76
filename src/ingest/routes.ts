/** The senders' address: POST /webhook/{entrypoint id}, with any path and query after it. */
import { Elysia } from "elysia";
import { AppError } from "../lib/errors.ts";
import { type IngestMetrics, noMetrics } from "../lib/metrics.ts";
import { type BodyReader, createBodyReader } from "./body.ts";
import type { Receiver } from "./receive.ts";
import { createRemoteAddressReader, type Peer } from "./remote-address.ts";
import { splitAfterEntrypoint } from "./snapshot.ts";

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

  async function take(request: Request, entrypointId: string, peer: Peer | null): Promise<Response> {
    metrics.received();
    let body: Uint8Array | null = null;
    try {
      receiver.findRoute(entrypointId);
      body = await bodies.read(request);
      const since = metrics.now();
      // Once more, as a long body takes its time: what counts is how things are when the event is stored.
      const route = receiver.findRoute(entrypointId);
      const facts = {
        method: request.method,
        ...splitAfterEntrypoint(request.url),
        headers: request.headers,
        remoteAddress: readRemoteAddress(request, peer),
      };
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

  function refuseMethod(entrypointId: string): never {
    metrics.received();
    try {
      receiver.findRoute(entrypointId);
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
    app.all(path, ({ params }) => refuseMethod(params.entrypointId), { parse: "none" });
  }
  return app;
}
