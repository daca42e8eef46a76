/** Takes one request in: finds its entrypoint, stores the event, and only then lets it be acknowledged. */
import type { Clock } from "../lib/clock.ts";
import { AppError, notFound } from "../lib/errors.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { Route, Routing } from "../storage/main-db/routing.ts";
import { type RequestFacts, takeSnapshot } from "./snapshot.ts";

export type Receiver = Readonly<{
  /** Throws AppError: not_found for an unknown or deleted entrypoint, gone for an inactive one. */
  findRoute: (entrypointId: string) => Route;
  /** The new event's id, once the event is on disk. Rejects with AppError `unavailable` if it may not be. */
  store: (route: Route, facts: RequestFacts, body: Uint8Array) => Promise<string>;
}>;

export function createReceiver(deps: {
  routing: Pick<Routing, "findRoute">;
  events: Pick<EventStore, "append">;
  clock: Clock;
}): Receiver {
  const { routing, events, clock } = deps;
  return {
    findRoute(entrypointId) {
      const route = routing.findRoute(entrypointId);
      if (!route) throw notFound("entrypoint");
      if (!route.active) {
        throw new AppError({
          kind: "gone",
          code: "entrypoint_inactive",
          message: "This entrypoint is switched off.",
        });
      }
      return route;
    },
    async store(route, facts, body) {
      const draft = takeSnapshot({ facts, body, route, now: clock.now() });
      await events.append(draft);
      return draft.id;
    },
  };
}
