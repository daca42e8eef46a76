/** Turns a request into an EventDraft: its exact content, time of receipt and remote address. */

import { forgetValues } from "../bodies/body-values.ts";
import { newIdAt } from "../lib/ids.ts";
import type { EventDraft } from "../storage/event-db/types.ts";
import type { Route } from "../storage/main-db/routing.ts";
import type { TargetChooser } from "./target-chooser.ts";

/** A request without its body. */
export type RequestFacts = Readonly<{
  method: string;
  pathTail: string;
  query: string;
  headers: Headers;
  remoteAddress: string;
}>;

export function takeSnapshot(options: {
  facts: RequestFacts;
  /** Its headers, names in lower case. */
  pairs: EventDraft["headers"];
  body: Uint8Array;
  route: Route;
  /** The event type, in the sender's words. */
  type: string | null;
  now: number;
  choose: TargetChooser["choose"];
}): EventDraft {
  const { facts, pairs, body, route, type, now, choose } = options;
  const draft = {
    id: newIdAt(now),
    webhookId: route.webhookId,
    entrypointId: route.entrypointId,
    receivedAt: now,
    method: facts.method,
    pathTail: facts.pathTail,
    query: facts.query,
    headers: pairs,
    contentType: facts.headers.get("content-type") ?? "",
    remoteAddress: facts.remoteAddress,
    type,
    body,
    targets: route.targets,
  };
  const chosen = choose(route, draft);
  // The last to read it: type and duplicates were found before.
  forgetValues(body);
  return chosen === null ? draft : { ...draft, ...chosen };
}

const BEFORE_ID = "/webhook/";

/** Splits what follows the entrypoint's id in a request's URL; both parts stay percent-encoded. */
export function splitAfterEntrypoint(url: string): { pathTail: string; query: string } {
  const mark = url.indexOf("?");
  const pathEnd = mark === -1 ? url.length : mark;
  // Found by position, not by the id: the id may be percent-encoded, or appear in a hostile Host header.
  const idStart = url.indexOf(BEFORE_ID) + BEFORE_ID.length;
  const tailStart = url.indexOf("/", idStart);
  return {
    pathTail: tailStart === -1 ? "" : url.slice(tailStart, pathEnd),
    query: mark === -1 ? "" : url.slice(mark + 1),
  };
}
