/** A target's attempts in a chosen time: a chart, how long the target took to respond, and with what. */
import { Html } from "@elysiajs/html";
import type { AnswerClass } from "../../../storage/event-db/numbers/attempt-counts.ts";
import type { TargetNumbers } from "../../../storage/event-db/numbers/target-numbers.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { Chart } from "../../components/chart/chart.tsx";
import type { ChartSeries } from "../../components/chart/data.ts";
import { ChartRanges } from "../../components/chart/ranges.tsx";
import { formatDuration } from "../../components/format.ts";
import { Time } from "../../components/values.tsx";
import { CHART_RANGE_LABELS, type ChartRange, type Span, spanIndex } from "../../time/spans.ts";
import { Count } from "../count.tsx";
import { logSpanPath, targetPath } from "../paths.ts";

export const TARGET_RANGES = ["24h", "7d", "30d"] as const satisfies readonly ChartRange[];

export type ChosenNumbers = Readonly<{
  range: (typeof TARGET_RANGES)[number];
  /** The reader's time zone. */
  zone: string;
  spans: readonly Span[];
  numbers: TargetNumbers;
}>;

const SERIES: readonly ChartSeries[] = [
  { label: "Delivered", tone: "ok" },
  { label: "Failed attempts", tone: "bad", below: true },
];

/** Order and labels of the responses' statuses. */
const ANSWERS: readonly (readonly [AnswerClass, string])[] = [
  ["2xx", "2xx"],
  ["3xx", "3xx"],
  ["4xx", "4xx"],
  ["5xx", "5xx"],
  ["other", "Other"],
  ["none", "No response"],
];

export function AttemptsCard({ target, chosen }: { target: Target; chosen: ChosenNumbers }): JSX.Element {
  const { range, zone, numbers } = chosen;
  const { delivered, failed, gaveUp } = numbers;
  const title = `Last ${CHART_RANGE_LABELS[range]}`;
  return (
    <section class="card activity" id="attempts" aria-labelledby="attempts-title">
      <div class="card-header">
        <h2 id="attempts-title" safe>
          {title}
        </h2>
        <ChartRanges
          current={range}
          offered={TARGET_RANGES}
          hrefOf={(each) => `${targetPath(target)}?range=${each}#attempts`}
        />
      </div>
      <dl class="stats activity-stats">
        <Figure label="Delivered" n={delivered} />
        <Figure label="Failed attempts" n={failed} bad />
        <Figure label="Gave up" n={gaveUp} bad />
      </dl>
      <Chart
        label={`Attempts, ${title.toLowerCase()}`}
        series={SERIES}
        bars={barsOf(target, chosen)}
        zone={zone}
      />
      <p class="muted text-s">
        Attempts count in the hour in which they ended. A bar leads to the events received in its time.
        <CountedSince target={target} chosen={chosen} />
      </p>
      <Durations numbers={numbers} />
      <Answers numbers={numbers} />
    </section>
  );
}

function barsOf({ id, webhookId }: Target, { spans, numbers, zone }: ChosenNumbers) {
  const sums = spans.map(() => ({ delivered: 0, failed: 0, gaveUp: 0 }));
  for (const { at, delivered, failed, gaveUp } of numbers.hours) {
    const sum = sums[spanIndex(spans, at)];
    if (!sum) continue;
    sum.delivered += delivered;
    sum.failed += failed;
    sum.gaveUp += gaveUp;
  }
  return spans.map((span, index) => {
    const { delivered, failed, gaveUp } = sums[index] ?? { delivered: 0, failed: 0, gaveUp: 0 };
    // A later attempt may have delivered what failed.
    const status = gaveUp > 0 ? "failed" : failed > 0 ? null : "delivered";
    const filter = { target: id, ...(status !== null && { status }) };
    return {
      name: span.name,
      tick: span.tick,
      values: [delivered, failed],
      href: delivered + failed === 0 ? null : logSpanPath(webhookId, { ...span, zone }, filter),
    };
  });
}

/** Attempts before an upgrade, or before a longer time than hours are kept, are not counted. */
function CountedSince({ target, chosen }: { target: Target; chosen: ChosenNumbers }): JSX.Element {
  const { countedSince } = chosen.numbers;
  const from = chosen.spans[0]?.from ?? 0;
  if (countedSince === null || countedSince <= from || countedSince <= target.createdAt) return "";
  return (
    <>
      {" "}
      The first counted attempt was in the hour from <Time at={countedSince} />.
    </>
  );
}

function Durations({ numbers: { durations } }: Pick<ChosenNumbers, "numbers">): JSX.Element {
  const { p50, p95, p99 } = durations;
  if (p50 === null) return "";
  return (
    <>
      <h3 class="figures-title">Time to respond</h3>
      <dl class="stats activity-stats">
        <Duration label="p50 (half of the attempts)" ms={p50} />
        <Duration label="p95" ms={p95} />
        <Duration label="p99" ms={p99} />
      </dl>
    </>
  );
}

function Answers({ numbers: { answers } }: Pick<ChosenNumbers, "numbers">): JSX.Element {
  const given = ANSWERS.filter(([name]) => answers[name] > 0);
  if (given.length === 0) return "";
  return (
    <>
      <h3 class="figures-title">Responses by status</h3>
      <dl class="stats activity-stats">
        {given.map(([name, label]) => (
          <Figure label={label} n={answers[name]} bad={name !== "2xx" && name !== "3xx"} />
        ))}
      </dl>
    </>
  );
}

function Duration({ label, ms }: { label: string; ms: number | null }): JSX.Element {
  return (
    <div>
      <dt safe>{label}</dt>
      <dd safe>{ms === null ? "none" : formatDuration(ms)}</dd>
    </div>
  );
}

function Figure({ label, n, bad = false }: { label: string; n: number; bad?: boolean }): JSX.Element {
  return (
    <div>
      <dt safe>{label}</dt>
      <dd>
        <Count n={n} bad={bad} />
      </dd>
    </div>
  );
}
