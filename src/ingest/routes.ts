/** The senders' address: POST /webhook/{entrypoint id}, with any path and query after it. */
import { Elysia } from "elysia";
import { AppError } from "../lib/errors.ts";
import { type BodyReader, createBodyReader } from "./body.ts";
import type { Receiver } from "./receive.ts";
import { createRemoteAddressReader, type Peer } from "./remote-address.ts";
import { splitAfterEntrypoint } from "./snapshot.ts";

export function createIngestRoutes(deps: {
  receiver: Receiver;
  maxBodyBytes: number;
  trustedProxies: readonly string[];
  onTooLarge: () => void;
}) {
  const { receiver } = deps;
  const bodies: BodyReader = createBodyReader(deps);
  const readRemoteAddress = createRemoteAddressReader(deps.trustedProxies);

  async function take(request: Request, entrypointId: string, peer: Peer | null): Promise<Response> {
    receiver.findRoute(entrypointId);
    const body = await bodies.read(request);
    try {
      // Once more, as a long body takes its time: what counts is how things are when the event is stored.
      const route = receiver.findRoute(entrypointId);
      const facts = {
        method: request.method,
        ...splitAfterEntrypoint(request.url),
        headers: request.headers,
        remoteAddress: readRemoteAddress(request, peer),
      };
      const eventId = await receiver.store(route, facts, body);
      return new Response(`{"id":"${eventId}"}`, {
        headers: { "content-type": "application/json", "x-webhooker-event-id": eventId },
      });
    } finally {
      bodies.release(body);
    }
  }

  function refuseMethod(entrypointId: string): never {
    receiver.findRoute(entrypointId);
    throw new AppError({
      kind: "method_not_allowed",
      message: "This entrypoint takes POST only.",
      allowed: ["POST"],
    });
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
