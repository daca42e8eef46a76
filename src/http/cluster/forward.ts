/**
 * Forwards requests from a follower to the leader, and streams both bodies without holding them.
 *
 * By node:http and not by fetch, which runs 256 requests at a time: as many open live streams would block all others.
 */
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import { IDLE_SECONDS } from "../listen.ts";
import { pathAndQueryOf, pathOf } from "../request-url.ts";
import { headersToClient, headersToLeader } from "./forwarded-headers.ts";
import { pourInto, streamOf } from "./message-bodies.ts";
import { callerOf } from "./node-caller.ts";
import type { NodeSignatures } from "./node-signature.ts";

/** A node and the origin at which other nodes reach it. */
export type NodeAddress = Readonly<{ node: string; url: string }>;

export type Forwarder = Readonly<{
  /**
   * Resolves with the leader's answer, whatever its status. `client`: the client's address, null if unknown.
   * `setIdleTimeout` sets how long the client's connection may be silent, 0 for ever: the leader's limits hold.
   * Rejects with AppError `unavailable` without a leader, if it cannot be reached or goes away before it answers, and
   * for a request that another node has forwarded.
   */
  forward: (
    request: Request,
    client: string | null,
    setIdleTimeout?: (seconds: number) => void,
  ) => Promise<Response>;
  /**
   * Call it when there is another leader: breaks off what was forwarded to the one before. Its machine may be gone without a
   * word, and requests would wait for it for ever.
   */
  leaderChanged: () => void;
  /** Breaks off all requests under way. */
  stop: () => void;
}>;

const CONNECT_MS = 10_000;
/** Half of the time after which the leader closes an idle connection, so that no request meets one being closed. */
const KEPT_MS = (IDLE_SECONDS * 1_000) / 2;
const PROBE_MS = 15_000;
const RETRY_SECONDS = 3;
const WITHOUT_BODY = new Set([204, 205, 304]);

export function createForwarder(deps: {
  /** Null while there is none. */
  leader: () => NodeAddress | null;
  /** This node's name. */
  self: string;
  signatures: Pick<NodeSignatures, "sign">;
  clock: Pick<Clock, "after">;
  log: Logger;
  /** Certificate of the authority to trust; by default those that the runtime trusts. */
  ca?: string | undefined;
}): Forwarder {
  const { leader: findLeader, self, signatures, clock, log, ca } = deps;
  // A limit would let open live streams block other requests.
  const kept = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, timeout: KEPT_MS };
  const agents = {
    plain: new http.Agent(kept),
    tls: new https.Agent(ca === undefined ? kept : { ...kept, ca }),
  };
  const underWay = new Map<ClientRequest, NodeAddress>();

  function open(request: Request, client: string | null, leader: NodeAddress): ClientRequest {
    const { protocol, hostname, port } = new URL(leader.url);
    const { method } = request;
    const path = pathAndQueryOf(request.url);
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const headers = {
      ...headersToLeader(request.headers, request.body !== null),
      ...signatures.sign({ method, path, client: client ?? "" }),
    };
    const target = { host, port, method, path, headers, signal: request.signal };
    if (protocol !== "https:") return http.request({ ...target, agent: agents.plain });
    // The certificate is the leader's own, whatever the client's Host header says. TLS names no addresses.
    return https.request({ ...target, agent: agents.tls, servername: isIP(host) === 0 ? host : "" });
  }

  function limitConnecting(outgoing: ClientRequest, { url }: NodeAddress): void {
    const connected = url.startsWith("https:") ? "secureConnect" : "connect";
    outgoing.on("socket", (socket) => {
      if (!socket.connecting) return;
      socket.setKeepAlive(true, PROBE_MS);
      const cancel = clock.after(CONNECT_MS, () => outgoing.destroy(new Error("no connection within 10 s")));
      socket.once(connected, cancel);
      socket.once("close", cancel);
    });
  }

  /** Rejects with the reason for which there is no answer. */
  function send(request: Request, outgoing: ClientRequest, done: () => void): Promise<Response> {
    return new Promise((resolve, reject) => {
      outgoing.on("error", reject);
      outgoing.on("response", (incoming) => {
        try {
          resolve(answerOf(request, incoming, done));
        } catch (error) {
          incoming.destroy();
          reject(error);
        }
      });
      if (request.body === null) outgoing.end();
      else void pourInto(outgoing, request.body);
    });
  }

  function answerOf(request: Request, incoming: IncomingMessage, done: () => void): Response {
    const { statusCode: status = 502, rawHeaders } = incoming;
    const path = pathOf(request.url);
    const onBroken = () => log.info("the leader's answer broke off", { method: request.method, path });
    const stream = streamOf(incoming, { onEnd: done, onBroken });
    const isEmpty = request.method === "HEAD" || WITHOUT_BODY.has(status);
    if (isEmpty) {
      void stream.cancel();
      done();
    }
    return new Response(isEmpty ? null : stream, { status, headers: headersToClient(rawHeaders) });
  }

  return {
    async forward(request, client, setIdleTimeout = () => undefined) {
      const leader = findLeader();
      if (callerOf(request) !== null) throw notLeader();
      if (leader === null || leader.node === self) throw noLeader();
      setIdleTimeout(0);
      // The connection is kept, and must not stay open for ever afterwards.
      const done = () => setIdleTimeout(IDLE_SECONDS);
      const outgoing = open(request, client, leader);
      underWay.set(outgoing, leader);
      outgoing.once("close", () => underWay.delete(outgoing));
      limitConnecting(outgoing, leader);
      try {
        return await send(request, outgoing, done);
      } catch (cause) {
        done();
        throw unreachable(leader, cause);
      }
    },
    leaderChanged() {
      const leader = findLeader();
      if (leader === null) return;
      for (const [outgoing, { node }] of underWay) {
        if (node !== leader.node) outgoing.destroy(new Error("another node leads now"));
      }
    },
    stop() {
      for (const outgoing of underWay.keys()) outgoing.destroy(new Error("the node stops"));
      agents.plain.destroy();
      agents.tls.destroy();
    },
  };
}

function noLeader(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "no_leader",
    message: "The cluster has no leader at the moment.",
    hint: "Try again in a few seconds. If it lasts, most nodes or the servers of the log are down.",
    retryAfterSeconds: RETRY_SECONDS,
  });
}

function notLeader(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "not_leader",
    message: "The request was forwarded to a node that does not lead the cluster.",
    hint: "Try again in a few seconds: the leader has just changed.",
    retryAfterSeconds: RETRY_SECONDS,
  });
}

function unreachable({ node }: NodeAddress, cause: unknown): AppError {
  return new AppError({
    kind: "unavailable",
    code: "leader_unreachable",
    message: `The cluster's leader, node ${node}, did not answer.`,
    hint: "Look whether a change was carried out before you try it again.",
    retryAfterSeconds: RETRY_SECONDS,
    cause,
  });
}
