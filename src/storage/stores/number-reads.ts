/** Numbers of event files for pages and API, read from tallies: a few rows, however many events there are. */
import type { Clock } from "../../lib/clock.ts";
import { listTargetFailures, type TargetFailure } from "../event-db/deliveries/target-failures.ts";
import type { EventFile } from "../event-db/event-file.ts";
import { type Activity, type HourSpan, readActivity } from "../event-db/numbers/activity.ts";
import { type Growth, oldestEventAt, readGrowth } from "../event-db/numbers/growth.ts";
import {
  countEvents,
  type Overview,
  readEntrypointLastEvents,
  readOverview,
  readTargetOverviews,
  type TargetOverview,
} from "../event-db/numbers/overview.ts";
import { countRetrying, type RetryingCount } from "../event-db/numbers/retrying.ts";
import { readTargetNumbers, type TargetNumbers } from "../event-db/numbers/target-numbers.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { readEventFile } from "../reader/read-event-file.ts";

/** Every call rejects with AppError `unavailable` if the webhook's file cannot be used. */
export type NumberReads = Readonly<{
  /** When the oldest stored event was received; null if there is none. */
  oldestEventAt: (webhookId: string) => Promise<number | null>;
  countEvents: (webhookId: string) => Promise<number>;
  overview: (webhookId: string) => Promise<Overview>;
  /** Events and attempts in each span, from the tallies of hours. */
  activity: (webhookId: string, spans: readonly HourSpan[]) => Promise<readonly Activity[]>;
  growth: (webhookId: string) => Promise<Growth>;
  /** Overview by target id; a target that never had a delivery is missing. */
  targetOverviews: (webhookId: string) => Promise<ReadonlyMap<string, TargetOverview>>;
  /** A target's attempts in the hours that begin from `from` to before `to`. */
  targetNumbers: (of: {
    webhookId: string;
    targetId: string;
    from: number;
    to: number;
  }) => Promise<TargetNumbers>;
  /** A target's last failures, newest first. */
  listTargetFailures: (of: {
    webhookId: string;
    targetId: string;
    limit: number;
  }) => Promise<readonly TargetFailure[]>;
  /** By target id, the pending deliveries between two attempts; a target without pending deliveries is missing. */
  retrying: (webhookId: string) => Promise<ReadonlyMap<string, RetryingCount>>;
  /** The time at which each entrypoint received its last event. */
  entrypointLastEvents: (webhookId: string) => Promise<ReadonlyMap<string, number>>;
}>;

export function createNumberReads({ files, clock }: { files: WebhookDBManager; clock: Clock }): NumberReads {
  const read = <T>(webhookId: string, query: (file: EventFile) => T) =>
    readEventFile(files, webhookId, query);

  return {
    oldestEventAt: (webhookId) => read(webhookId, oldestEventAt),
    countEvents: (webhookId) => read(webhookId, countEvents),
    overview: (webhookId) => read(webhookId, (file) => readOverview(file, clock.now())),
    activity: (webhookId, spans) => read(webhookId, (file) => readActivity(file, spans)),
    growth: (webhookId) => read(webhookId, (file) => readGrowth(file, clock.now())),
    targetOverviews: (webhookId) => read(webhookId, readTargetOverviews),
    targetNumbers: (of) => read(of.webhookId, (file) => readTargetNumbers(file, of)),
    listTargetFailures: (of) => read(of.webhookId, (file) => listTargetFailures(file, of)),
    retrying: (webhookId) => read(webhookId, countRetrying),
    entrypointLastEvents: (webhookId) => read(webhookId, readEntrypointLastEvents),
  };
}
