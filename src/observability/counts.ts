/** The plain numbers that metrics count, which the registry reads. */
import { Buckets } from "./buckets.ts";
import { PendingDeliveries } from "./pending-deliveries.ts";

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
export type RejectReason = (typeof REJECT_REASONS)[number];

export type Outcomes = { delivered: number; retried: number; failed: number; discarded: number };
export type TargetAttempts = { readonly webhookId: string; readonly targetId: string } & Outcomes;

export const FAST = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
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
  readonly transformations = { request: 0, dropped: 0, failed: 0, unavailable: 0 };
  readonly transformation = new Buckets(FAST);
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

function newOutcomes(): Outcomes {
  return { delivered: 0, retried: 0, failed: 0, discarded: 0 };
}
