/** The choice of a chart's time as a row of links. */
import { Html } from "@elysiajs/html";
import { attribute } from "../../render.ts";
import { CHART_RANGE_LABELS, CHART_RANGES, type ChartRange } from "../../time/spans.ts";

export function ChartRanges(props: {
  current: ChartRange;
  offered?: readonly ChartRange[];
  hrefOf: (range: ChartRange) => string;
}): JSX.Element {
  const { current, offered = CHART_RANGES, hrefOf } = props;
  return (
    <nav class="ranges" aria-label="Time of the chart">
      {offered.map((range) => (
        <a
          class="range"
          href={attribute(hrefOf(range))}
          aria-current={range === current ? "true" : undefined}
          safe
        >
          {CHART_RANGE_LABELS[range]}
        </a>
      ))}
    </nav>
  );
}

/** The first range if `text` names none of them. */
export function readChartRange(text: string | null): ChartRange {
  return CHART_RANGES.find((range) => range === text) ?? "24h";
}
