/** Counts what happens to events in plain numbers, cheap enough for each event. The registry formats them on demand. */

import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import { Buckets } from "./buckets.ts";
import { PendingDeliveries } from "./pending-deliveries.ts";
import { RecentTimes } from "./recent-times.ts";

/** Maximum number of targets with series of their own: the first ones attempted. The rest share one. */
export const MOST_TARGETS = 200;

const REJECT_REASONS = [
  "not_found",
  "inactive",
  "method_not_allowed",
  "too_large",
  "unverified",
  "network",
  "rate_limited",
  "incomplete",
  "busy",
  "unavailable",
  "fault",
] as const;
type RejectReason = (typeof REJECT_REASONS)[number];

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
}>;

export type Outcomes = { delivered: number; retried: number; failed: number; discarded: number };
export type TargetAttempts = { readonly webhookId: string; readonly targetId: string } & Outcomes;

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
};

const FAST = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Finest around 20 ms, the longest that anything should block the event loop. */
const LAG = [
  0.001, 0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];
const FAST_TO_AN_HOUR = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3_600];
/** Retries continue for days. */
const FAST_TO_DAYS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 3_600, 21_600, 86_400, 259_200,
];

/** The numbers that the registry reads. */
export class Counts {
  received = 0;
  stored = 0;
  storedBytes = 0;
  handshakes = 0;
  duplicates = 0;
  /** Deliveries that were not created because the target's filter did not want the event. */
  filtered = 0;
  /** Deliveries that storing the event completes. */
  settledAtIngest = 0;
  storageFaults = 0;
  eventFilesLost = 0;
  circuitsOpened = 0;
  readonly rejected = new Map<RejectReason, number>(REJECT_REASONS.map((reason) => [reason, 0]));
  readonly byType = new Map<string, Outcomes>();
  readonly byTarget = new Map<string, TargetAttempts>();
  readonly otherTargets: Outcomes = newOutcomes();
  readonly acknowledge = new Buckets(FAST);
  readonly firstAttempt = new Buckets(FAST_TO_AN_HOUR);
  readonly delivered = new Buckets(FAST_TO_DAYS);
  readonly commit = new Buckets(FAST);
  readonly sync = new Buckets(FAST);
  readonly eventLoopLag = new Buckets(LAG);
  readonly pending = new PendingDeliveries();

  outcomesOfType(type: string): Outcomes {
    let outcomes = this.byType.get(type);
    if (!outcomes) {
      outcomes = newOutcomes();
      this.byType.set(type, outcomes);
    }
    return outcomes;
  }

  outcomesOfTarget(webhookId: string, targetId: string): Outcomes {
    const known = this.byTarget.get(targetId);
    if (known) return known;
    if (this.byTarget.size >= MOST_TARGETS) return this.otherTargets;
    const attempts = { webhookId, targetId, ...newOutcomes() };
    this.byTarget.set(targetId, attempts);
    return attempts;
  }
}

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

function newOutcomes(): Outcomes {
  return { delivered: 0, retried: 0, failed: 0, discarded: 0 };
}
