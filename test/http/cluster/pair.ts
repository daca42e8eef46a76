/** A follower in front of a leader that a test writes, both on loopback. */
import { type AnyElysia, Elysia } from "elysia";
import { createForwarder, type NodeAddress } from "../../../src/http/cluster/forward.ts";
import { createClusterGate } from "../../../src/http/cluster/gate.ts";
import { createNodeSignatures } from "../../../src/http/cluster/node-signature.ts";
import { edge } from "../../../src/http/edge.ts";
import { createErrorAnswers, errorHandler } from "../../../src/http/errors.ts";
import { health } from "../../../src/http/health.ts";
import { createKeyRing } from "../../../src/lib/crypto.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { serve } from "../../support/http-server.ts";
import { createRecordingLog } from "../../support/recording-log.ts";

export const clock = createFakeClock();
const key = createKeyRing(new Uint8Array(32).fill(1)).nodeKey;

export function signaturesOf(node: string) {
  return createNodeSignatures({ key, node, clock });
}

/** Starts a node that answers some paths itself and forwards the others. */
export function startNode(
  node: string,
  findLeader: () => NodeAddress | null,
  { ca, routes = new Elysia() }: { ca?: string; routes?: AnyElysia } = {},
) {
  const { log, lines } = createRecordingLog();
  const errors = createErrorAnswers({ log });
  const signatures = signaturesOf(node);
  const forwarder = createForwarder({ leader: findLeader, self: node, signatures, clock, log, ca });
  const gate = createClusterGate({
    signatures,
    isLeader: () => findLeader()?.node === node,
    forwarder,
    clientOf: (request, server) => server?.requestIP(request)?.address ?? "",
  });
  const local = () => `answered by ${node}`;
  const app = new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(edge({ log, clock, errors, baseUrl: "http://hooks.example", logIngestion: true, gate }))
    .use(errorHandler(errors))
    .use(health({ isReady: () => ({ ready: true }) }))
    .get("/metrics", local)
    .get("/cluster/v1/hello", local)
    .post("/webhook/:id", local, { parse: "none" })
    .get("/webhooks", local)
    .use(routes);
  const server = serve(app);
  return {
    ...server,
    forwarder,
    lines,
    async stop() {
      forwarder.stop();
      await server.stop();
    },
  };
}

/** A leader without any of the gateway's parts: it shows what arrives, and answers as it is told. */
export function startLeader(answer: (request: Request) => Response | Promise<Response>) {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  return { address: { node: "a", url: `http://127.0.0.1:${server.port}` }, stop: () => server.stop(true) };
}
