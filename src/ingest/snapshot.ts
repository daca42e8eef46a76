/** Turns a request into an EventDraft: exactly what came, and when, and from whom. */
import { newId } from "../lib/ids.ts";
import type { EventDraft } from "../storage/event-db/types.ts";
import type { Route } from "../storage/main-db/routing.ts";

const LONGEST_SCHEME = "https://".length;

/** What a request says beside its body. */
export type RequestFacts = Readonly<{
  method: string;
  pathTail: string;
  query: string;
  headers: Headers;
  remoteAddress: string;
}>;

export function takeSnapshot(options: {
  facts: RequestFacts;
  body: Uint8Array;
  route: Route;
  now: number;
}): EventDraft {
  const { facts, body, route, now } = options;
  return {
    id: newId(),
    webhookId: route.webhookId,
    entrypointId: route.entrypointId,
    receivedAt: now,
    method: facts.method,
    pathTail: facts.pathTail,
    query: facts.query,
    headersJson: JSON.stringify([...facts.headers]),
    contentType: facts.headers.get("content-type") ?? "",
    remoteAddress: facts.remoteAddress,
    body,
    targets: route.targets,
  };
}

/** Splits what follows the entrypoint's id in a request's URL; both parts stay percent-encoded. */
export function splitAfterEntrypoint(url: string, entrypointId: string): { pathTail: string; query: string } {
  const mark = url.indexOf("?");
  const pathEnd = mark === -1 ? url.length : mark;
  // From the path on, as a sender may write the id into the Host header as well.
  const idStart = url.indexOf(entrypointId, url.indexOf("/", LONGEST_SCHEME));
  return {
    pathTail: idStart === -1 ? "" : url.slice(idStart + entrypointId.length, pathEnd),
    query: mark === -1 ? "" : url.slice(mark + 1),
  };
}
