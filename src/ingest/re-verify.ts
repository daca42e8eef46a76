/** Verifies rejected requests again and stores those that pass as events. */
import type { Clock } from "../lib/clock.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { RejectedRequest, Reverified } from "../storage/event-db/rejected.ts";
import type { Route, Routing } from "../storage/main-db/routing.ts";
import type { RejectedStore } from "../storage/stores/rejected-store.ts";
import { calledUrl } from "../verification/called-url.ts";
import type { ReceivedRequest } from "../verification/provider.ts";
import { makeReadable } from "../verification/request-place.ts";
import { hideSecret, isSecretHidden, revealSecret } from "../verification/sender-secret.ts";
import type { RulesReader } from "./entrypoint-rules.ts";
import { readTraits } from "./event-traits.ts";
import { takeSnapshot } from "./snapshot.ts";
import type { TargetChooser } from "./target-chooser.ts";
import type { VerifierOpener } from "./verifiers.ts";

/** Requests per transaction; a body can have 4 MiB. */
const STEP = 8;

type Verified = Readonly<{
  /** Number of requests checked. */
  checked: number;
  /** Ids of the events, in order of receipt; a duplicate has the id of the event it copies. */
  eventIds: readonly string[];
}>;

/**
 * `ids` null: all requests of the entrypoint, or of the webhook. Signed timestamps are compared with the time of
 * receipt. Rejects with AppError `unavailable` if a verification cannot be opened.
 */
export type Reverify = (
  asked: Readonly<{ webhookId: string; ids: readonly string[] | null; entrypointId: string | null }>,
) => Promise<Verified>;

type Carried = Readonly<{ headers: Headers; query: string }>;

export function createReverify(deps: {
  routing: Pick<Routing, "findRoute">;
  openVerifier: VerifierOpener;
  readRules: RulesReader;
  chooser: Pick<TargetChooser, "choose">;
  store: Pick<RejectedStore, "find" | "listIds" | "accept" | "setReasons">;
  clock: Clock;
  keys: Pick<Sealer, "open">;
  baseUrl: string;
}): Reverify {
  const { routing, openVerifier, readRules, chooser, store, clock, keys, baseUrl } = deps;

  function toRequest(rejected: RejectedRequest, { headers, query }: Carried): ReceivedRequest {
    const { entrypointId, method, pathTail, remoteAddress, receivedAt, body } = rejected;
    const url = calledUrl({ baseUrl, entrypointId, pathTail, query });
    return { method, url, query, headers, body, remoteAddress, receivedAt };
  }

  /** Returns the event to store, or the reason why there is none. */
  async function judge(rejected: RejectedRequest, route: Route): Promise<Reverified | string> {
    const verifier = openVerifier(route);
    const stored = { headers: toHeaders(rejected.headers), query: rejected.query };
    const came = revealSecret(stored, rejected, keys);
    if (came === null) return "The request's secret cannot be read with this SECRET_KEY.";
    const request = toRequest(rejected, came);
    const verdict = verifier === null ? null : await verifier.verify(request);
    if (verdict !== null && !verdict.accepted) {
      const isGone = isSecretHidden(request, verifier?.secretPlace);
      return isGone ? "The request's secret is no longer kept." : verdict.reason;
    }
    const readable = makeReadable(request);
    if (readable !== null) await readable;
    const question =
      (await verifier?.signedHandshake?.(request)) ?? readRules(route)?.echo?.answer(request, verifier?.key);
    if (question) return "This is a challenge from the provider, not an event.";
    // A secret that was masked at receipt stays masked, even if today's verification expects its secret elsewhere.
    const { shown } = hideSecret(stored, verifier?.secretPlace);
    const { method, pathTail, remoteAddress, body } = rejected;
    const pairs = [...shown.headers];
    const { type, dedupKey } = readTraits({
      rules: readRules(route),
      verifier,
      request: { headers: shown.headers, body },
      pairs,
      toFullRequest: () => toRequest(rejected, shown),
    });
    const facts = { method, pathTail, remoteAddress, ...shown };
    return {
      id: rejected.id,
      draft: takeSnapshot({ facts, pairs, body, route, type, now: clock.now(), choose: chooser.choose }),
      dedupKey,
    };
  }

  async function step(webhookId: string, ids: readonly string[]): Promise<Verified> {
    const passed: Reverified[] = [];
    const reasons = new Map<string, string>();
    let checked = 0;
    for (const id of ids) {
      const rejected = await store.find(webhookId, id);
      if (rejected === null) continue;
      checked++;
      const route = routing.findRoute(rejected.entrypointId);
      // The file could name an entrypoint of another webhook, whose targets would then get the event.
      const isOwn = route?.webhookId === webhookId;
      const judged = isOwn ? await judge(rejected, route) : "Its entrypoint has been deleted.";
      if (typeof judged !== "string") passed.push(judged);
      else if (judged !== rejected.reason) reasons.set(id, judged);
    }
    if (reasons.size > 0) await store.setReasons(webhookId, reasons);
    const recorded = passed.length === 0 ? [] : await store.accept(webhookId, passed);
    return { checked, eventIds: recorded.flatMap((each) => (each === null ? [] : [each.eventId])) };
  }

  return async ({ webhookId, ids, entrypointId }) => {
    const all = ids === null ? await store.listIds(webhookId, entrypointId) : [...ids].sort();
    let checked = 0;
    const eventIds: string[] = [];
    for (let from = 0; from < all.length; from += STEP) {
      const done = await step(webhookId, all.slice(from, from + STEP));
      checked += done.checked;
      eventIds.push(...done.eventIds);
    }
    return { checked, eventIds };
  };
}

function toHeaders(pairs: RejectedRequest["headers"]): Headers {
  return new Headers(pairs.map(([name, value]) => [name, value]));
}
