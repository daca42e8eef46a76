/** Counts what happens to events in plain numbers, cheap enough for each event. The registry formats them on demand. */

import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import { Counts, type RejectReason } from "./counts.ts";
import { RecentTimes } from "./recent-times.ts";

/** Keyed by the error's code or kind. */
const REASONS = new Map<string, RejectReason>([
  ["not_found", "not_found"],
  ["entrypoint_inactive", "inactive"],
  ["method_not_allowed", "method_not_allowed"],
  ["too_large", "too_large"],
  ["verification_failed", "unverified"],
  ["network_not_allowed", "network"],
  ["rate_limited", "rate_limited"],
  ["incomplete_body", "incomplete"],
  ["busy", "busy"],
  ["unavailable", "unavailable"],
]);

export type IngestMetrics = Readonly<{
  /** Monotonic time in milliseconds, to pass back when something has ended. */
  now: () => number;
  /** A request arrived at an entrypoint's URL. */
  received: () => void;
  /** The event is on disk and about to be acknowledged; `since` is when the request was complete. */
  stored: (event: {
    id: string;
    bodyBytes: number;
    targets: readonly Readonly<{ settlesAtIngest: boolean }>[];
    /** Targets that did not want it. */
    filtered: number;
    since: number;
  }) => void;
  rejected: (error: unknown) => void;
  /** A duplicate of a stored event was acknowledged. */
  duplicated: () => void;
  /** A provider's challenge was responded to. */
  shookHands: () => void;
}>;

export type StorageMetrics = Readonly<{
  now: () => number;
  committed: (since: number) => void;
  synced: (since: number) => void;
  failed: () => void;
  /** A webhook's event file is missing. */
  eventFileLost: () => void;
  /** Number of pending deliveries in the webhook's file; 0 for a deleted webhook. */
  pending: (webhookId: string, count: number) => void;
}>;

export type MeasuredAttempt = Readonly<{
  webhookId: string;
  targetId: string;
  targetType: string;
  eventId: string;
  /** Wall-clock time, like `endedAt`. */
  receivedAt: number;
  endedAt: number;
  /** Monotonic time. */
  begunAt: number;
  /** Number of earlier attempts, replays included. */
  attemptsBefore: number;
  /** True if a person requested it; its time since receipt is then no measure of the gateway. */
  isReplay: boolean;
  outcome: "delivered" | "retried" | "failed" | "discarded";
}>;

export type DeliveryMetrics = Readonly<{
  attempted: (done: MeasuredAttempt) => void;
  discarded: (given: { webhookId: string; targetId: string; targetType: string; count: number }) => void;
  /** A target's circuit opened. */
  circuitOpened: () => void;
  /** A target's transformation ran before an attempt, for so many microseconds. */
  transformed: (
    run: Readonly<{ kind: "request" | "dropped" | "failed" | "unavailable"; micros: number }>,
  ) => void;
}>;

export type Metrics = IngestMetrics & StorageMetrics & DeliveryMetrics & Readonly<{ counts: Counts }>;

const nothing = () => undefined;

/** Counts nothing, for when metrics are disabled. */
export const noMetrics: IngestMetrics & StorageMetrics & DeliveryMetrics = {
  now: () => 0,
  received: nothing,
  stored: nothing,
  rejected: nothing,
  duplicated: nothing,
  shookHands: nothing,
  committed: nothing,
  synced: nothing,
  failed: nothing,
  eventFileLost: nothing,
  pending: nothing,
  attempted: nothing,
  discarded: nothing,
  circuitOpened: nothing,
  transformed: nothing,
};

export function createMetrics({ clock }: { clock: Clock }): Metrics {
  const counts = new Counts();
  const acknowledged = new RecentTimes();
  const now = clock.monotonic;
  return {
    now,
    counts,
    received() {
      counts.received++;
    },
    stored({ id, bodyBytes, targets, filtered, since }) {
      counts.stored++;
      counts.filtered += filtered;
      counts.storedBytes += bodyBytes;
      const at = now();
      counts.acknowledge.observe(at - since);
      let settled = 0;
      for (const target of targets) if (target.settlesAtIngest) settled++;
      counts.settledAtIngest += settled;
      if (settled < targets.length) acknowledged.put(id, at);
    },
    rejected(error) {
      const reason = reasonOf(error);
      counts.rejected.set(reason, (counts.rejected.get(reason) ?? 0) + 1);
    },
    duplicated() {
      counts.duplicates++;
    },
    shookHands() {
      counts.handshakes++;
    },
    committed: (since) => counts.commit.observe(now() - since),
    synced: (since) => counts.sync.observe(now() - since),
    failed() {
      counts.storageFaults++;
    },
    eventFileLost() {
      counts.eventFilesLost++;
    },
    pending: (webhookId, count) => counts.pending.setCount(webhookId, count),
    attempted(done) {
      const { webhookId, targetId, outcome, isReplay } = done;
      counts.outcomesOfType(done.targetType)[outcome]++;
      counts.outcomesOfTarget(webhookId, targetId)[outcome]++;
      const isFirst = done.attemptsBefore === 0;
      if (isFirst && !isReplay) {
        const at = acknowledged.find(done.eventId);
        // Part of a backlog, or received before the start: the time since receipt serves as well.
        const tookMs = done.endedAt - done.receivedAt - (now() - done.begunAt);
        counts.firstAttempt.observe(at === null ? tookMs : done.begunAt - at);
      }
      if (outcome === "delivered" && !isReplay) counts.delivered.observe(done.endedAt - done.receivedAt);
      if (outcome === "retried") counts.pending.waits(webhookId, done);
      else if (!isFirst) counts.pending.ended(webhookId, done);
    },
    circuitOpened() {
      counts.circuitsOpened++;
    },
    transformed({ kind, micros }) {
      counts.transformations[kind]++;
      counts.transformation.observe(micros / 1_000);
    },
    discarded({ webhookId, targetId, targetType, count }) {
      counts.outcomesOfType(targetType).discarded += count;
      counts.pending.discarded(webhookId, targetId);
    },
  };
}

function reasonOf(error: unknown): RejectReason {
  if (!(error instanceof AppError)) return "fault";
  return REASONS.get(error.code) ?? REASONS.get(error.kind) ?? "fault";
}
