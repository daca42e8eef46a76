/** The senders' address: POST /webhook/{entrypoint id}, with any path and query after it. */
import { Elysia } from "elysia";
import { AppError } from "../lib/errors.ts";
import { type BodyReader, createBodyReader } from "./body.ts";
import type { Receiver } from "./receive.ts";
import { createRemoteAddressReader } from "./remote-address.ts";
import { splitAfterEntrypoint } from "./snapshot.ts";

type Peer = Readonly<{ requestIP: (request: Request) => { address: string } | null }>;

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
    const route = receiver.findRoute(entrypointId);
    const { headers } = request;
    const body = await bodies.read(request);
    try {
      const facts = {
        method: request.method,
        ...splitAfterEntrypoint(request.url, entrypointId),
        headers,
        remoteAddress: readRemoteAddress(
          peer?.requestIP(request)?.address ?? "",
          headers.get("x-forwarded-for"),
        ),
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
    // One by one: a method route beats `.all()` only as long as no catch-all of that method exists (elysia#1925).
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] as const) {
      app.route(method, path, ({ params }) => refuseMethod(params.entrypointId), { parse: "none" });
    }
  }
  return app;
}
