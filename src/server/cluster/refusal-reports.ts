/** Brings what this node refused and accepted to the leader, now and then. */

import type { RefusalReport } from "../../ingest/refusal-gathering.ts";
import type { RefusalTally } from "../../ingest/refusal-tally.ts";
import type { Clock } from "../../lib/clock.ts";
import { every } from "../../lib/every.ts";

/** The dashboard shows the numbers this much later at most. */
const REPORT_MS = 5_000;

/** `send` resolves with the reports that were not taken. The returned function ends it. */
export function startRefusalReports(deps: {
  refusals: Pick<RefusalTally, "takeReports" | "addReports">;
  isLeading: () => boolean;
  send: (reports: readonly RefusalReport[]) => Promise<readonly RefusalReport[]>;
  clock: Pick<Clock, "after">;
}): () => void {
  const { refusals, isLeading, send, clock } = deps;

  async function report(): Promise<void> {
    const reports = refusals.takeReports();
    if (reports.length === 0) return;
    // It may have come to lead since.
    refusals.addReports(isLeading() ? reports : await send(reports));
  }

  return every(clock, REPORT_MS, () => void report());
}
