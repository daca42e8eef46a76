/**
 * Stores events that an entrypoint's owner sends: through the same code path as any sender's, signed with the entrypoint's
 * secret where that can be done here.
 */

import type { Clock } from "../lib/clock.ts";
import { AppError, notFound } from "../lib/errors.ts";
import type { HeaderPairs } from "../storage/event-db/types.ts";
import type { Route } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import { calledUrl } from "../verification/called-url.ts";
import type { ReceivedRequest, Verifier } from "../verification/provider.ts";
import { makeReadable } from "../verification/request-place.ts";
import { onlyTo } from "./one-target.ts";
import type { Accepted, Receiver } from "./receive.ts";
import type { RequestFacts } from "./snapshot.ts";
import type { OpenedVerifier, VerifierOpener } from "./verifiers.ts";

export type OwnRequest = Readonly<{
  method: string;
  pathTail: string;
  query: string;
  headers: HeaderPairs;
  body: Uint8Array;
}>;

export type SentEvent = Readonly<{
  eventId: string;
  /** The entrypoint took it for a copy of that event, and stored nothing new. */
  isDuplicate: boolean;
  /** "none": the entrypoint verifies nothing. "unsigned": only the sender can sign so, or the request does not fit. */
  signing: "none" | "signed" | "unsigned";
}>;

type InWebhook = Readonly<{ userId: string; webhookId: string }>;

/** Resolves once the event is on disk. Throws AppError: not_found, gone, conflict, unavailable. */
export type SendOwnEvent = (
  asked: InWebhook &
    Readonly<{
      entrypointId: string;
      request: OwnRequest;
      /** The only target that gets it, whatever its filter says; null for all. */
      targetId: string | null;
      /** The event that it is an edited copy of. */
      copyOf: string | null;
      /** Address of the person who asks, recorded as the event's sender. */
      remoteAddress: string;
    }>,
) => Promise<SentEvent>;

export function createOwnEventSender(deps: {
  receiver: Pick<Receiver, "findRoute" | "store">;
  openVerifier: VerifierOpener;
  events: Pick<EventStore, "findEvent" | "noteOrigin">;
  /** Both throw AppError `not_found` for what is not the user's. */
  useCases: Readonly<{
    entrypoints: Readonly<{
      get: (of: InWebhook & { entrypointId: string }, need: "editor") => Promise<unknown>;
    }>;
    targets: Readonly<{ get: (of: InWebhook & { targetId: string }) => Promise<unknown> }>;
  }>;
  clock: Pick<Clock, "now">;
  baseUrl: string;
}): SendOwnEvent {
  const { receiver, openVerifier, events, useCases, clock, baseUrl } = deps;

  /** Null if the verification's settings cannot be opened: the owner may send all the same. */
  function findVerifier(route: Route): OpenedVerifier | null {
    try {
      return openVerifier(route);
    } catch (error) {
      if (error instanceof AppError && error.kind === "unavailable") return null;
      throw error;
    }
  }

  async function prove(
    verifier: OpenedVerifier,
    request: ReceivedRequest,
    urlOf: (query: string) => string,
  ): Promise<Accepted | null> {
    const signed = addProof(verifier, request, urlOf);
    if (signed === null) return null;
    const verdict = await verifier.verify(signed);
    if (!verdict.accepted) return null;
    await makeReadable(signed);
    return { kind: "accepted", request: signed, verifier };
  }

  return async ({ entrypointId, request, targetId, copyOf, remoteAddress, ...of }) => {
    await useCases.entrypoints.get({ ...of, entrypointId }, "editor");
    if (targetId !== null) await useCases.targets.get({ ...of, targetId });
    if (copyOf !== null && (await events.findEvent(of.webhookId, copyOf)) === null) throw notFound("event");
    const route = onlyTo(receiver.findRoute(entrypointId), targetId);
    const { method, pathTail, query, body } = request;
    const urlOf = (withQuery: string) => calledUrl({ baseUrl, entrypointId, pathTail, query: withQuery });
    const headers = new Headers(request.headers.map(([name, value]): [string, string] => [name, value]));
    headers.set("content-length", String(body.byteLength));
    const verifier = findVerifier(route);
    const received = {
      method,
      url: urlOf(query),
      query,
      headers,
      body,
      remoteAddress,
      receivedAt: clock.now(),
    };
    const accepted = verifier && (await prove(verifier, received, urlOf));
    const used = accepted?.request ?? received;
    const facts: RequestFacts = { method, pathTail, query: used.query, headers: used.headers, remoteAddress };
    const { eventId, isDuplicate } = await receiver.store({ route, facts, body, accepted });
    if (!isDuplicate) await events.noteOrigin(of.webhookId, { eventId, sentBy: of.userId, copyOf });
    const signing = route.verification === null ? "none" : accepted ? "signed" : "unsigned";
    return { eventId, isDuplicate, signing };
  };
}

function addProof(
  { sign }: Verifier,
  request: ReceivedRequest,
  urlOf: (query: string) => string,
): ReceivedRequest | null {
  if (sign === undefined) return null;
  const { headers: added = [], parameter } = sign(request);
  const headers = new Headers(request.headers);
  for (const [name, value] of added) headers.set(name, value);
  if (parameter === undefined) return { ...request, headers };
  const query = request.query === "" ? parameter : `${request.query}&${parameter}`;
  return { ...request, headers, query, url: urlOf(query) };
}
