/** Routes for senders: /webhook/{entrypoint id}, with any path and query after it. */
import { Elysia } from "elysia";
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import { type IngestMetrics, noMetrics } from "../observability/metrics.ts";
import type { Tracing } from "../observability/tracing.ts";
import { ENTRYPOINT_METHODS } from "../settings/entrypoint-settings.ts";
import type { CatchUp } from "../storage/cluster/catch-up.ts";
import type { Route } from "../storage/main-db/routing.ts";
import type { HandshakeAnswer } from "../verification/provider.ts";
import { type BodyReader, createBodyReader } from "./body.ts";
import type { BodyRoom } from "./body-memory.ts";
import { type Door, refuseMethod } from "./door.ts";
import { DEFAULT_METHODS, type EntrypointRules, type RulesReader } from "./entrypoint-rules.ts";
import type { RefusalNoter } from "./note-refusal.ts";
import { changedMeanwhile, mayBeOutdated } from "./outdated.ts";
import type { Accepted, Received, Receiver, Refused } from "./receive.ts";
import type { RefusalTally } from "./refusal-tally.ts";
import { createRemoteAddressReader, type Peer } from "./remote-address.ts";
import { type RequestFacts, splitAfterEntrypoint } from "./snapshot.ts";
import { answerWillingly, isQuestionMethod } from "./willingness.ts";

const EVENT_ID_HEADER = "x-webhooker-event-id";
const NO_BODY = new Uint8Array(0);

/** A request that was refused, with its body if that was read. */
type Again = Readonly<{ error: unknown; found: Route | null; body: Uint8Array | null }>;

type Greeted = Readonly<{
  route: Route;
  rules: EntrypointRules | null;
  facts: RequestFacts;
  isFinal: boolean;
}>;

export function createIngestRoutes(deps: {
  receiver: Receiver;
  noteRefusal: RefusalNoter;
  /** Given at a node of a cluster. */
  catchUp: CatchUp | undefined;
  readRules: RulesReader;
  door: Door;
  refusals: Pick<RefusalTally, "refused" | "accepted">;
  maxBodyBytes: number;
  trustedProxies: readonly string[];
  onTooLarge: () => void;
  clock: Pick<Clock, "monotonic" | "after">;
  bodyRoom?: BodyRoom;
  trailersMs?: number;
  metrics?: IngestMetrics;
  /** Undefined: tracing is off. */
  tracing?: Tracing | undefined;
}) {
  const { receiver, noteRefusal, catchUp, readRules, door, refusals, tracing, metrics = noMetrics } = deps;
  const bodies: BodyReader = createBodyReader(deps);
  const readRemoteAddress = createRemoteAddressReader(deps.trustedProxies);

  function factsOf(request: Request): RequestFacts {
    const { pathTail, query } = splitAfterEntrypoint(request.url);
    return {
      method: request.method,
      pathTail,
      query,
      headers: request.headers,
      remoteAddress: readRemoteAddress(request, peer),
    };
  }

  /** `again`: the request was refused before, and this node has caught up since. */
  async function take(request: Request, entrypointId: string, again: Again | null = null): Promise<Response> {
    if (again === null) metrics.received();
    const isFinal = again !== null || catchUp === undefined || !catchUp.mayBeBehind();
    const begunAt = tracing === undefined ? 0 : tracing.now();
    let body = again === null ? null : again.body;
    let found: Route | null = null;
    const remoteAddress = () => readRemoteAddress(request, peer);
    try {
      found = receiver.findRoute(entrypointId);
      const rules = found.settings === null ? null : readRules(found);
      if (rules !== null) {
        const isVerified = found.verification !== null;
        door.pass({ entrypointId, rules, isVerified, remoteAddress });
      }
      const methods = rules === null ? DEFAULT_METHODS : rules.methods;
      if (!methods.includes(request.method) || isQuestionMethod(request.method))
        return await greet({ route: found, rules, facts: factsOf(request), isFinal });
      const ownLimit = rules === null ? null : rules.maxBodyBytes;
      body ??= await bodies.read({ request, entrypointId, ownLimit, remoteAddress });
      const since = metrics.now();
      // Checked again, because receiving a long body takes time and the current state decides.
      const route = receiver.findRoute(entrypointId);
      const facts = factsOf(request);
      let accepted: Accepted | null = null;
      if (route.verification !== null || (rules !== null && rules.echo !== null)) {
        const judgement = await receiver.judge(route, facts, body);
        if (judgement.kind === "handshake") return answerQuestion(judgement.answer);
        if (judgement.kind === "refused") return await refuse(judgement, { route, facts, body }, isFinal);
        accepted = judgement;
        bodies.recheck(request);
      }
      const { eventId, isDuplicate, chosen } = await receiver.store({ route, facts, body, accepted });
      refusals.accepted(entrypointId);
      const targets = chosen?.targets ?? route.targets;
      const filtered = chosen?.filtered?.length ?? 0;
      if (isDuplicate) metrics.duplicated();
      else metrics.stored({ id: eventId, bodyBytes: body.byteLength, targets, filtered, since });
      const answer = acknowledge(eventId, isDuplicate, rules);
      tracing?.received({
        eventId,
        isDuplicate,
        entrypointId,
        webhookId: route.webhookId,
        method: facts.method,
        traceparent: facts.headers.get("traceparent"),
        bodyBytes: body.byteLength,
        statusCode: answer.status,
        since: begunAt,
      });
      return answer;
    } catch (error) {
      if (!isFinal && mayBeOutdated(error, { entrypointId, found, readRules })) {
        const held = body;
        body = null;
        return await takeAgain(request, entrypointId, { error, found, body: held });
      }
      throw counted(error, found);
    } finally {
      if (body) bodies.release(body);
    }
  }

  /** Takes a refused request once more, after this node has all changes from before the refusal. */
  async function takeAgain(request: Request, entrypointId: string, first: Again): Promise<Response> {
    const { error, found, body } = first;
    try {
      await catchUp?.caughtUp(body === null ? 0 : body.byteLength);
      if (body !== null) bodies.recheck(request);
      else if (request.bodyUsed)
        throw receiver.findRoute(entrypointId) === found ? error : changedMeanwhile();
    } catch (reason) {
      if (body !== null) bodies.release(body);
      throw counted(reason, found);
    }
    return take(request, entrypointId, first);
  }

  function counted(error: unknown, found: Route | null): unknown {
    metrics.rejected(error);
    if (found !== null) refusals.refused(found, error);
    return error;
  }

  /** Throws AppError `unauthenticated` without the reason, which only the owner may see. */
  async function refuse(judged: Refused, of: Omit<Received, "accepted">, isFinal: boolean): Promise<never> {
    if (isFinal) await noteRefusal(judged, of);
    throw new AppError({
      kind: "unauthenticated",
      code: "verification_failed",
      message: "Verification failed; the event was not stored.",
      hint: "Check that the sender and this entrypoint have the same secret. The entrypoint's owner finds the reason under the webhook's rejected requests.",
      credentials: judged.credentials,
    });
  }

  function answerQuestion({ status, contentType, body, headers }: HandshakeAnswer): Response {
    metrics.shookHands();
    const all = { ...headers, "content-type": contentType, "x-content-type-options": "nosniff" };
    return new Response(body === "" ? null : body, { status, headers: all });
  }

  /** Throws AppError `method_not_allowed`. */
  async function greet({ route, rules, facts, isFinal }: Greeted): Promise<Response> {
    const judgement = await receiver.greet(route, facts);
    if (judgement?.kind === "refused") return refuse(judgement, { route, facts, body: NO_BODY }, isFinal);
    if (judgement !== null) return answerQuestion(judgement.answer);
    const own = rules === null ? DEFAULT_METHODS : rules.methods;
    const methods = [...new Set([...own, ...receiver.questionMethods(route)])];
    const { method, headers } = facts;
    if (!methods.includes(method) || !isQuestionMethod(method)) return refuseMethod(methods);
    const perMinute = rules === null || rules.rate === null ? null : rules.rate.perSecond * 60;
    return answerQuestion(answerWillingly({ method, methods, headers, perMinute }));
  }

  function acknowledge(eventId: string, isDuplicate: boolean, rules: EntrypointRules | null): Response {
    if (rules === null) {
      return new Response(`{"id":"${eventId}"}`, {
        headers: { "content-type": "application/json", [EVENT_ID_HEADER]: eventId },
      });
    }
    const { status, body, headers } = rules.answer(eventId);
    headers.set(EVENT_ID_HEADER, eventId);
    if (isDuplicate) headers.set("x-webhooker-duplicate", "true");
    return new Response(body, { status, headers });
  }

  // Kept here, because reading it from each request's context makes the framework define a getter for it.
  let peer: Peer | null = null;
  const app = new Elysia({ name: "ingest" }).onStart(({ server }) => {
    peer = server;
  });
  for (const path of ["/webhook/:entrypointId", "/webhook/:entrypointId/*"] as const) {
    // One route per method, because a path with a method takes precedence over `all` of another path.
    for (const method of ENTRYPOINT_METHODS) {
      app.route(method, path, ({ request, params }) => take(request, params.entrypointId), {
        parse: "none",
      });
    }
    app.all(path, ({ request, params }) => take(request, params.entrypointId), {
      parse: "none",
    });
  }
  return app;
}
