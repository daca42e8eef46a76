/** Checks on recent events whether the paths in settings find values, so that pages can warn about empty ones. */
import { storedHead, unpackAhead } from "../bodies/body-content.ts";
import { type BodyValues, bodyValuesOf } from "../bodies/body-values.ts";
import { orderKeyOf, orderPathOf } from "../bodies/order-key.ts";
import { bodyPathOf } from "../settings/value-path.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import { isUsable } from "../verification/request-place.ts";
import type { Entrypoint } from "./entrypoints.ts";
import type { Target } from "./targets.ts";
import { TEST_SENDER } from "./verification-trial.ts";

/** The newest events checked. */
const MOST_TRIED = 10;
/** Limit on body bytes read for one entrypoint, or for the targets of a webhook. */
const MOST_BYTES = 4 * 1024 * 1024;
/** How far before an entrypoint's last event the webhook's events are searched for others of that entrypoint. */
const WITHIN_MS = 60 * 60 * 1_000;

/** A path without a value in any of the last `tried` events. */
export type EmptyPlace = Readonly<{
  setting: "event_type_from" | "deduplicate_value" | "order_by";
  place: string;
  tried: number;
}>;

export type PlaceTrials = Readonly<{
  /** Finds empty paths; `lastEventAt` is when the entrypoint received its last event. */
  ofEntrypoint: (entrypoint: Entrypoint, lastEventAt: number) => Promise<readonly EmptyPlace[]>;
  /** Finds empty paths by target id. */
  ofTargets: (webhookId: string, targets: readonly Target[]) => Promise<ReadonlyMap<string, EmptyPlace>>;
}>;

type Place = Readonly<{
  setting: EmptyPlace["setting"];
  place: string;
  has: (values: BodyValues) => boolean;
}>;

export function createPlaceTrials(deps: {
  events: Pick<EventStore, "searchEvents" | "findEvent">;
}): PlaceTrials {
  const { events } = deps;

  async function listEmpty(
    webhookId: string,
    filter: { entrypointId?: string; from?: number; to?: number },
    places: readonly Place[],
  ): Promise<readonly EmptyPlace[]> {
    const empty = new Set(places);
    const { events: found } = await events.searchEvents(webhookId, {
      limit: MOST_TRIED,
      cursor: null,
      filter,
    });
    let [bytes, tried] = [0, 0];
    for (const { id, bodySize } of found) {
      bytes += bodySize;
      if (bytes > MOST_BYTES || empty.size === 0) break;
      const event = await events.findEvent(webhookId, id);
      if (event === null || isTest(event.headers)) continue;
      tried++;
      const head = storedHead(event);
      await unpackAhead(event.body, head);
      const values = bodyValuesOf(event.body, () => head);
      for (const place of empty) if (place.has(values)) empty.delete(place);
    }
    return tried === 0 ? [] : [...empty].map(({ setting, place }) => ({ setting, place, tried }));
  }

  return {
    async ofEntrypoint(entrypoint, lastEventAt) {
      const places = placesOf(entrypoint);
      if (places.length === 0) return [];
      const filter = { entrypointId: entrypoint.id, from: lastEventAt - WITHIN_MS, to: lastEventAt };
      return listEmpty(entrypoint.webhookId, filter, places);
    },
    async ofTargets(webhookId, targets) {
      const paths = new Set(targets.flatMap(({ policy }) => orderPathOf(policy.order_by) ?? []));
      if (paths.size === 0) return new Map();
      const places = [...paths].map(
        (path): Place => ({
          setting: "order_by",
          place: path,
          has: (values) => orderKeyOf(values, path) !== null,
        }),
      );
      const empty = new Map((await listEmpty(webhookId, {}, places)).map((each) => [each.place, each]));
      return new Map(
        targets.flatMap(({ id, policy }) => {
          const place = empty.get(policy.order_by ?? "");
          return place === undefined ? [] : [[id, place] as const];
        }),
      );
    },
  };
}

function placesOf({ settings }: Entrypoint): readonly Place[] {
  const { event_type_from: type, deduplicate_by: by, deduplicate_value: value } = settings;
  return [...inBody("event_type_from", type), ...(by === "value" ? inBody("deduplicate_value", value) : [])];
}

function inBody(setting: EmptyPlace["setting"], place: string | null): readonly Place[] {
  const path = bodyPathOf(place);
  if (place === null || path === null) return [];
  return [{ setting, place, has: (values) => isUsable(values, path) }];
}

/** Test events from the dashboard are not representative. */
function isTest(headers: readonly (readonly [name: string, value: string])[]): boolean {
  return headers.some(([name, value]) => name === "user-agent" && value === TEST_SENDER);
}
