/** Dependencies of the replay pages. */

import type { Clock } from "../../lib/clock.ts";
import type { ReplayRuns } from "../../replays/replay-runs.ts";
import type { Routing } from "../../storage/main-db/routing.ts";
import type { WebhookUseCases } from "../../webhooks/use-cases.ts";

export type ReplaysDeps = Readonly<{
  clock: Clock;
  useCases: WebhookUseCases;
  replayRuns: Omit<ReplayRuns, "start" | "stop">;
  /** Finds the names of deleted targets. */
  routing: Pick<Routing, "findTarget">;
}>;
