/** Refused requests of the last day: a badge for a webhook, and a line for an entrypoint with the reasons. */
import { Html } from "@elysiajs/html";
import { REFUSAL_WORDS } from "../../../ingest/refusal-tally.ts";
import type { RefusalReason } from "../../../storage/main-db/refusals.ts";
import { Badge } from "../../components/badge.tsx";
import { formatCount } from "../../components/format.ts";

/** By entrypoint id; entrypoints that refused nothing are missing. */
export type Refused = ReadonlyMap<string, ReadonlyMap<RefusalReason, number>>;

export function RefusedBadge({ refused }: { refused: Refused }): JSX.Element {
  const count = [...refused.values()].reduce((sum, byReason) => sum + sumOf(byReason), 0);
  if (count === 0) return "";
  return (
    <Badge
      tone="warn"
      label={`${count.toLocaleString("en")} refused`}
      title="Requests refused in the last 24 hours"
    />
  );
}

export function RefusedLine({
  byReason,
}: {
  byReason: ReadonlyMap<RefusalReason, number> | undefined;
}): JSX.Element {
  if (byReason === undefined) return "";
  const reasons = [...byReason].map(([reason, n]) => `${n.toLocaleString("en")} ${REFUSAL_WORDS[reason]}`);
  return (
    <p class="refused" safe>
      {`${formatCount(sumOf(byReason), "request")} refused in the last 24 hours: ${reasons.join(", ")}.`}
    </p>
  );
}

function sumOf(byReason: ReadonlyMap<RefusalReason, number>): number {
  return [...byReason.values()].reduce((sum, n) => sum + n, 0);
}
