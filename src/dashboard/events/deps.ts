/** Dependencies of the event pages. */
import type { Config } from "../../config.ts";
import type { ThrottleControl } from "../../delivery/throttle/throttle-control.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Replay } from "../../replays/replay.ts";
import type { FoundEvents } from "../../storage/event-db/event-search.ts";
import type { Routing } from "../../storage/main-db/routing.ts";
import type { AskedSearch } from "../../storage/reader/event-reader.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import type { RejectedStore } from "../../storage/stores/rejected-store.ts";
import type { Finder } from "../../webhooks/find.ts";
import type { FindSentRequest } from "../../webhooks/sent-request.ts";
import type { WebhookUseCases } from "../../webhooks/use-cases.ts";
import type { LiveStreams } from "../live/live-streams.ts";

/** Rejects with AppError `unavailable` if the webhook's event file cannot be used. */
export type EventReads = Pick<
  EventStore,
  | "activity"
  | "histogram"
  | "oldestEventAt"
  | "findEvent"
  | "findOrigin"
  | "listRecentTypes"
  | "indexedShare"
  | "listDeliveries"
  | "listDeliveryHeads"
  | "findDuplicates"
  | "findFilterMarks"
> &
  Readonly<{
    searchEvents: (webhookId: string, search: AskedSearch) => Promise<FoundEvents>;
    /** Calls `listener` after new events and states are on disk. Returns a function that unsubscribes. */
    onRecorded: (webhookId: string, listener: () => void) => () => void;
  }>;

export type EventsDeps = Readonly<{
  config: Pick<Config, "baseUrl" | "sqlConsole">;
  clock: Clock;
  useCases: WebhookUseCases;
  events: EventReads;
  rejected: Pick<RejectedStore, "findFirstReceivedAt">;
  replay: Replay;
  findSentRequest: FindSentRequest;
  find: Pick<Finder, "byId">;
  throttle: Pick<ThrottleControl, "read">;
  /** Finds the names of deleted targets. */
  routing: Pick<Routing, "findTarget">;
  live: LiveStreams;
}>;
