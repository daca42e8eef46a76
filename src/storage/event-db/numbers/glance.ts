/** Figures of a webhook for a long list, read by a connection of its own: the file need not be open in the gateway. */
import type { Database } from "bun:sqlite";
import type { DeliveryCounts } from "../types.ts";
import {
  readCounts,
  readHours,
  readLastEventAt,
  readTargetOverviews,
  type TargetOverview,
} from "./overview.ts";

export type Glance = Readonly<{
  /** Events received and attempts failed in the last 24 hours. */
  received: number;
  failedAttempts: number;
  lastEventAt: number | null;
  counts: DeliveryCounts;
  /** By target id; a target that never had a delivery is missing. */
  targets: ReadonlyMap<string, TargetOverview>;
}>;

export function readGlance(db: Database, now: number): Glance {
  let [received, failedAttempts] = [0, 0];
  for (const hour of readHours({ db }, now)) {
    received += hour.received;
    failedAttempts += hour.failed;
  }
  return {
    received,
    failedAttempts,
    lastEventAt: readLastEventAt({ db }),
    counts: readCounts({ db }),
    targets: readTargetOverviews({ db }),
  };
}
