/** Stores events that programs publish to a webhook, each once for its idempotency key. */
import { createHash } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { notFound } from "../../lib/errors.ts";
import { newIdAt } from "../../lib/ids.ts";
import { PUBLISHED_ID_HEADER, type Publication } from "../../settings/published-events.ts";
import type { DedupKey } from "../../storage/event-db/duplicates.ts";
import type { EventDraft } from "../../storage/event-db/types.ts";
import type { Route, Routing } from "../../storage/main-db/routing.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import { onlyTo } from "../one-target.ts";
import type { TargetChooser } from "../target-chooser.ts";

export type Published = Readonly<{
  eventId: string;
  /** As receivers see it: the publisher's own, or the gateway's. */
  id: string;
  /** An earlier call published it, and nothing was stored. */
  isKnown: boolean;
  /** An earlier call published another event under its key, which is `eventId`. */
  isConflict: boolean;
}>;

/**
 * Resolves once all of them are on disk, in the order given. Rejects with AppError: `not_found`, and `unavailable` if one
 * of them may not be on disk.
 */
export type Publish = (asked: {
  webhookId: string;
  events: readonly Publication[];
  /** The only target that gets them, whatever its filter says; left out for all. */
  targetId?: string;
  /** Address of the program, recorded as the events' sender. */
  remoteAddress: string;
}) => Promise<readonly Published[]>;

const JSON_TYPE = "application/json";
const encoder = new TextEncoder();

export function createPublisher(deps: {
  routing: Pick<Routing, "findPublishRoute">;
  chooser: Pick<TargetChooser, "choose">;
  events: Pick<EventStore, "append" | "appendOnce">;
  clock: Pick<Clock, "now">;
}): Publish {
  const { routing, chooser, events, clock } = deps;

  function draftOf(event: Publication, of: { route: Route; remoteAddress: string }): EventDraft {
    const now = clock.now();
    const { route, remoteAddress } = of;
    const draft = {
      id: newIdAt(now),
      webhookId: route.webhookId,
      entrypointId: route.entrypointId,
      receivedAt: now,
      method: "POST",
      pathTail: "",
      query: "",
      headers: headersOf(event),
      contentType: JSON_TYPE,
      remoteAddress,
      type: event.type,
      body: bodyOf(event, now),
      targets: route.targets,
    };
    return { ...draft, ...chooser.choose(route, draft) };
  }

  return async ({ webhookId, events: asked, targetId, remoteAddress }) => {
    const toAll = routing.findPublishRoute(webhookId);
    if (toAll === null) throw notFound("webhook");
    const route = onlyTo(toAll, targetId ?? null);
    // Without a pause in between, so that one commit can take them all.
    const stored = asked.map(async (event): Promise<Published> => {
      const draft = draftOf(event, { route, remoteAddress });
      const key = dedupKeyOf(event);
      const recorded = await (key === null ? events.append(draft) : events.appendOnce(draft, key));
      const { eventId, isDuplicate, isRefused: isConflict = false } = recorded;
      return { eventId, id: event.id ?? eventId, isKnown: isDuplicate && !isConflict, isConflict };
    });
    return Promise.all(stored);
  };
}

function headersOf({ id }: Publication): EventDraft["headers"] {
  const type = ["content-type", JSON_TYPE] as const;
  return id === null ? [type] : [type, [PUBLISHED_ID_HEADER, id]];
}

function bodyOf({ type, json, as }: Publication, now: number): Uint8Array {
  // A copy, because `json` is a part of the whole request.
  if (as === "payload") return Uint8Array.from(json);
  const head = `{"type":${JSON.stringify(type)},"timestamp":"${new Date(now).toISOString()}","data":`;
  return Buffer.concat([encoder.encode(head), json, encoder.encode("}")]);
}

/** A repetition must equal all that the publisher wrote, but not the time that the gateway put into the body. */
function dedupKeyOf({ type, id, json, as, key }: Publication): DedupKey | null {
  if (key === null) return null;
  const bodyHash = createHash("sha256")
    .update(JSON.stringify([type, id, as]))
    .update(json)
    .digest();
  return { key, bodyHash, differing: "refuse" };
}
