/** Receives one request: finds its entrypoint, verifies it, and stores the event before it is acknowledged. */
import type { Clock } from "../lib/clock.ts";
import { AppError, type Credentials, notFound } from "../lib/errors.ts";
import type { Recorded } from "../storage/event-db/duplicates.ts";
import type { Route, Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import { calledUrl } from "../verification/called-url.ts";
import {
  type HandshakeAnswer,
  type ReceivedRequest,
  type Refusal,
  refused,
  type Verdict,
} from "../verification/provider.ts";
import { makeReadable } from "../verification/request-place.ts";
import { hideSecret } from "../verification/sender-secret.ts";
import type { Door } from "./door.ts";
import type { EntrypointRules, RulesReader } from "./entrypoint-rules.ts";
import { readTraits } from "./event-traits.ts";
import { type RequestFacts, takeSnapshot } from "./snapshot.ts";
import type { Chosen, TargetChooser } from "./target-chooser.ts";
import type { OpenedVerifier, VerifierOpener } from "./verifiers.ts";
import { isQuestionMethod } from "./willingness.ts";

export type Accepted = Readonly<{
  kind: "accepted";
  request: ReceivedRequest;
  /** Null without verification. */
  verifier: OpenedVerifier | null;
}>;

/**
 * The outcome of verification, before anything is stored. `accepted` includes the verifier, which reads the event type
 * and id (`verifier.eventType(request)`, `verifier.duplicateId(request)`).
 */
export type Judgement = Accepted | Readonly<{ kind: "handshake"; answer: HandshakeAnswer }> | Refused;

/** Nothing has counted, logged or kept it yet. */
export type Refused = Readonly<{
  kind: "refused";
  reason: string;
  provider: string;
  credentials: Credentials | null;
  /** For an event that failed verification: where it has its secret, if it has one. Null for a handshake. */
  event: Readonly<{ secretPlace: OpenedVerifier["secretPlace"] }> | null;
}>;

export type Receiver = Readonly<{
  /** Throws AppError `not_found` for an unknown or deleted entrypoint, `gone` for a disabled one. */
  findRoute: (entrypointId: string) => Route;
  /**
   * Verifies a request. Call it for every request of a route that has a verification, or rules with an `echo`, and for
   * no others. Rejects with AppError `unavailable` if the verification cannot be opened, and `rate_limited` for one that
   * is accepted beyond the rate limit.
   */
  judge: (route: Route, facts: RequestFacts, body: Uint8Array) => Promise<Judgement>;
  /**
   * Handles a handshake whose method brings no events. Null if the route has no such handshake or the request is not
   * one.
   */
  greet: (route: Route, facts: RequestFacts) => Promise<Exclude<Judgement, { kind: "accepted" }> | null>;
  /** Returns HEAD and OPTIONS if the route's provider uses them for handshakes. */
  questionMethods: (route: Route) => readonly string[];
  /**
   * Resolves once the event is on disk, with its id, or the id of the event it duplicates. Rejects with AppError
   * `unavailable` if it may not be on disk. `accepted` is the judgement of a route with a verification.
   */
  store: (received: Received) => Promise<Stored>;
}>;

/** `chosen`: who got the event, where a target of the route has a filter. */
export type Stored = Recorded & Readonly<{ chosen?: Chosen }>;

export type Received = Readonly<{
  route: Route;
  facts: RequestFacts;
  body: Uint8Array;
  accepted: Accepted | null;
}>;

const NO_BODY = new Uint8Array(0);

export function createReceiver(deps: {
  routing: Pick<Routing, "findRoute">;
  openVerifier: VerifierOpener;
  readRules: RulesReader;
  door: Pick<Door, "count">;
  chooser: TargetChooser;
  events: Pick<EventStore, "append" | "appendOnce">;
  /**
   * Stores the secret that a handshake brought. Resolves with false if a different one is already stored, or the
   * verification has changed.
   */
  keepLearned: (
    learned: Readonly<{
      entrypointId: string;
      webhookId: string;
      type: string;
      secret: string;
      remoteAddress: string;
    }>,
  ) => Promise<boolean>;
  clock: Clock;
  /** BASE_URL without a trailing slash; some senders sign the URL they call. */
  baseUrl: string;
}): Receiver {
  const { routing, openVerifier, readRules, door, chooser, events, keepLearned, clock, baseUrl } = deps;

  function toRequest(route: Route, facts: RequestFacts, body: Uint8Array): ReceivedRequest {
    const { method, headers, query, pathTail, remoteAddress } = facts;
    const url = calledUrl({ baseUrl, entrypointId: route.entrypointId, pathTail, query });
    return { method, url, query, headers, body, remoteAddress, receivedAt: clock.now() };
  }

  function refuse(
    verifier: OpenedVerifier | null,
    { reason }: Refusal,
    event: Refused["event"] = null,
  ): Refused {
    const { type: provider = "none", credentials = null } = verifier ?? {};
    return { kind: "refused", reason, provider, credentials, event };
  }

  /** Answers the challenge described by the entrypoint's settings, if `request` is one. */
  function answerAsSet(
    route: Route,
    verifier: OpenedVerifier | null,
    request: ReceivedRequest,
    isVerified: boolean,
  ) {
    const echo = readRules(route)?.echo ?? null;
    if (echo === null || echo.isVerified !== isVerified) return null;
    const answer = echo.answer(request, verifier?.key);
    if (answer === null) return null;
    return "accepted" in answer ? refuse(verifier, answer) : ({ kind: "handshake", answer } as const);
  }

  /** Undefined, without a promise, if the request is not a handshake: most requests are not, and need not wait. */
  function greetUnsigned(route: Route, verifier: OpenedVerifier, request: ReceivedRequest) {
    const answer = verifier.unsignedHandshake?.(request) ?? null;
    return answer === null ? undefined : settleGreeting(route, verifier, request, answer);
  }

  async function settleGreeting(
    route: Route,
    verifier: OpenedVerifier,
    { remoteAddress }: ReceivedRequest,
    answer: HandshakeAnswer | Refusal,
  ) {
    if ("accepted" in answer) return refuse(verifier, answer);
    const { entrypointId, webhookId } = route;
    const { learns: secret } = answer;
    if (
      secret !== undefined &&
      !(await keepLearned({ entrypointId, webhookId, type: verifier.type, secret, remoteAddress }))
    )
      return refuse(verifier, refused("The handshake sent a secret, but a different one is already stored."));
    return { kind: "handshake", answer } as const;
  }

  function storeReadable(
    { route, facts, body, accepted }: Received,
    rules: EntrypointRules | null,
  ): Promise<Stored> {
    const { shown } = hideSecret(facts, accepted?.verifier?.secretPlace);
    const pairs = [...shown.headers];
    const { type, dedupKey } = readTraits({
      rules,
      verifier: accepted === null ? null : accepted.verifier,
      request: { headers: shown.headers, body },
      pairs,
      toFullRequest() {
        if (accepted === null) return toRequest(route, facts, body);
        if (shown === facts) return accepted.request;
        return { ...accepted.request, headers: shown.headers, query: shown.query };
      },
    });
    const { choose } = chooser;
    const draft = takeSnapshot({ facts: shown, pairs, body, route, type, now: clock.now(), choose });
    const recorded = dedupKey === null ? events.append(draft) : events.appendOnce(draft, dedupKey);
    return draft.filtered === undefined ? recorded : recorded.then((known) => ({ ...known, chosen: draft }));
  }

  return {
    findRoute(entrypointId) {
      const route = routing.findRoute(entrypointId);
      if (!route) throw notFound("entrypoint");
      if (!route.active) {
        throw new AppError({
          kind: "gone",
          code: "entrypoint_inactive",
          message: "This entrypoint is disabled.",
        });
      }
      return route;
    },
    async judge(route, facts, body) {
      const verifier = openVerifier(route);
      const request = toRequest(route, facts, body);
      const greeted = verifier === null ? undefined : greetUnsigned(route, verifier, request);
      if (greeted !== undefined) return greeted;
      const asked = answerAsSet(route, verifier, request, false);
      if (asked !== null) return asked;
      if (verifier === null)
        return answerAsSet(route, null, request, true) ?? { kind: "accepted", request, verifier };
      const verdict: Verdict | Promise<Verdict> = verifier.verify(request);
      const known = verdict instanceof Promise ? await verdict : verdict;
      if (!known.accepted) return refuse(verifier, known, { secretPlace: verifier.secretPlace });
      const { entrypointId } = route;
      door.count({ entrypointId, rules: readRules(route), isAccepted: true });
      // Applies to compressed bodies, which are unpacked only after verification, unless verifying needs their content.
      const readable = makeReadable(request);
      if (readable !== null) await readable;
      const question = verifier.signedHandshake?.(request) ?? null;
      const answer = question instanceof Promise ? await question : question;
      if (answer !== null) return { kind: "handshake", answer };
      return answerAsSet(route, verifier, request, true) ?? { kind: "accepted", request, verifier };
    },
    async greet(route, facts) {
      const verifier = openVerifier(route);
      const request = toRequest(route, facts, NO_BODY);
      const greeted = verifier?.handshakeMethods?.includes(facts.method)
        ? await greetUnsigned(route, verifier, request)
        : undefined;
      return greeted ?? answerAsSet(route, verifier, request, false);
    },
    questionMethods(route) {
      if (route.verification === null) return [];
      return (openVerifier(route)?.handshakeMethods ?? []).filter(isQuestionMethod);
    },
    store(received) {
      const { route, facts, body } = received;
      const rules = readRules(route);
      // A verified one has been made readable by now.
      const readsBody = (rules?.readsBody ?? true) || chooser.readsBody(route);
      const readable = readsBody ? makeReadable({ body, headers: facts.headers }) : null;
      return readable === null
        ? storeReadable(received, rules)
        : readable.then(() => storeReadable(received, rules));
    },
  };
}
