/** Overviews of event files as a test sets them; a webhook without one has received nothing. */
import type { Overviews, SourcesDeps } from "../../src/dashboard/webhooks/deps.ts";
import { AppError } from "../../src/lib/errors.ts";
import type { Activity } from "../../src/storage/event-db/numbers/activity.ts";
import type { Growth } from "../../src/storage/event-db/numbers/growth.ts";
import type { Overview, TargetOverview } from "../../src/storage/event-db/numbers/overview.ts";
import type { RetryingCount } from "../../src/storage/event-db/numbers/retrying.ts";
import type { DeliveryCounts } from "../../src/storage/event-db/types.ts";
import { DEFAULT_START } from "./fake-clock.ts";

const HOUR_MS = 3_600_000;

export const NO_DELIVERIES: DeliveryCounts = { pending: 0, delivered: 0, failed: 0, held: 0, discarded: 0 };

export const NO_GROWTH: Growth = {
  usedBytes: 60_000,
  fileBytes: 80_000,
  events: 0,
  deletedEvents: 0,
  oldestEventAt: null,
  bodyBytes: 0,
  recent: { ms: HOUR_MS, events: 0, bodyBytes: 0 },
};

export type FakeFile = Readonly<{
  overview?: Partial<Overview>;
  growth?: Partial<Growth>;
  activity?: readonly Activity[];
  targets?: Readonly<Record<string, TargetOverview>>;
  retrying?: Readonly<Record<string, RetryingCount>>;
  lastEvents?: Readonly<Record<string, number>>;
  eventCount?: number;
  rejected?: Readonly<Record<string, number>>;
  isUnusable?: boolean;
}>;

export function createFakeOverviews() {
  const files = new Map<string, FakeFile>();

  async function read<T>(webhookId: string, value: (file: FakeFile) => T): Promise<T> {
    const file = files.get(webhookId) ?? {};
    if (file.isUnusable) {
      throw new AppError({
        kind: "unavailable",
        message: `The event file of webhook ${webhookId} cannot be used: SQLITE_NOTADB.`,
        hint: "Restore the file from a backup, or move it away to start with an empty one.",
      });
    }
    return value(file);
  }

  const events: Overviews = {
    overview: (id) =>
      read(id, ({ overview }) => ({
        hours: hoursBefore(DEFAULT_START),
        lastEventAt: null,
        counts: NO_DELIVERIES,
        fileBytes: 4096,
        ...overview,
      })),
    activity: (id, spans) =>
      read(id, ({ activity = [] }) =>
        spans.map((_, index) => activity[index] ?? { received: 0, delivered: 0, failed: 0 }),
      ),
    growth: (id) => read(id, ({ growth }) => ({ ...NO_GROWTH, ...growth })),
    targetOverviews: (id) => read(id, ({ targets = {} }) => new Map(Object.entries(targets))),
    onRecorded: () => () => undefined,
    retrying: (id) => read(id, ({ retrying = {} }) => new Map(Object.entries(retrying))),
    entrypointLastEvents: (id) => read(id, ({ lastEvents = {} }) => new Map(Object.entries(lastEvents))),
    countEvents: (id) => read(id, ({ eventCount = 0 }) => eventCount),
  };
  const rejected: SourcesDeps["rejected"] = {
    count: (id) => read(id, ({ rejected = {} }) => new Map(Object.entries(rejected))),
  };
  return { events, rejected, files };
}

/** The 24 hours up to `now`, with the events received and the attempts failed in each. */
export function hoursBefore(now: number, tallies: readonly (readonly [number, number])[] = []) {
  const last = now - (now % HOUR_MS);
  return Array.from({ length: 24 }, (_, index) => {
    const [received = 0, failed = 0] = tallies[index] ?? [];
    return { at: last - (23 - index) * HOUR_MS, received, failed };
  });
}
