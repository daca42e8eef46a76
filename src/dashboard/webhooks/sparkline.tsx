/** Draws a webhook's last day: received events above the line, failed attempts below it. */
import { Html } from "@elysiajs/html";
import type { HourTally } from "../../storage/event-db/numbers/overview.ts";
import { formatCount } from "../components/format.ts";

const STEP = 6;
const BAR = 4;
/** Heights above and below the line. */
const ABOVE = 22;
const BELOW = 9;
const LINE = 1;

export type DayTotals = Readonly<{ received: number; failed: number }>;

export function dayTotals(hours: readonly HourTally[]): DayTotals {
  return hours.reduce(
    (sum, hour) => ({ received: sum.received + hour.received, failed: sum.failed + hour.failed }),
    { received: 0, failed: 0 },
  );
}

/** Describes the drawing in words. */
function describeDay(hours: readonly HourTally[]): string {
  const { received, failed } = dayTotals(hours);
  return `Last 24 hours: ${formatCount(received, "event")} received, ${formatCount(failed, "failed attempt")}.`;
}

export function Sparkline({ hours }: { hours: readonly HourTally[] }): JSX.Element {
  const width = hours.length * STEP - (STEP - BAR);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${width} ${ABOVE + LINE + BELOW}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={describeDay(hours)}
    >
      <path class="spark-line" d={`M0 ${ABOVE}h${width}v${LINE}H0z`} />
      <path class="spark-received" d={bars({ values: hours.map(({ received }) => received), up: true })} />
      <path class="spark-failed" d={bars({ values: hours.map(({ failed }) => failed), up: false })} />
    </svg>
  );
}

/** Returns one path for all bars, because a list may contain fifty drawings. Values above zero are always visible. */
function bars({ values, up }: { values: readonly number[]; up: boolean }): string {
  const room = up ? ABOVE : BELOW;
  const largest = Math.max(1, ...values);
  return values
    .map((value, index) => {
      if (value === 0) return "";
      const height = Math.max(2, Math.round((value / largest) * room));
      const top = up ? ABOVE - height : ABOVE + LINE;
      return `M${index * STEP} ${top}h${BAR}v${height}h-${BAR}z`;
    })
    .join("");
}
