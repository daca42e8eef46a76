/**
 * A bar chart as SVG without styles or scripts of its own: one scale, axes, and a link and a tooltip for each bar. A
 * table says the same.
 */
import { Html } from "@elysiajs/html";
import { attribute } from "../../render.ts";
import type { ChartBar, ChartProps, ChartSeries } from "./data.ts";
import { type ChartScale, PLOT, plain, round, scaleOf, TOP } from "./scale.ts";
import { Table } from "./table.tsx";

/** In pixels; widths are shares of the window's. */
const AXIS = 22;
const LEAST_BAR = 2;
/** Share of a bar's place that it fills. */
const FILLED = 0.76;
const DIGIT_WIDTH = 7;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function Chart(props: ChartProps): JSX.Element {
  const { label, series, bars, zone, low = false } = props;
  const size = low ? "low" : "tall";
  const scale = scaleOf(series, bars, size);
  const height = TOP + PLOT[size] + AXIS;
  return (
    <figure class={low ? "chart chart-low" : "chart"} aria-label={attribute(label)}>
      <div class="chart-drawing">
        <Scale scale={scale} height={height} />
        <svg class="chart-plot" width="100%" height={height} aria-hidden="true">
          {scale.lines.map(({ value, y }) => (
            <line class={value === 0 ? "chart-zero" : "chart-line"} x1="0" x2="100%" y1={y} y2={y} />
          ))}
          {bars.map((bar, index) => Bar({ bar, index, count: bars.length, series, scale }))}
          {bars.map((bar, index) => Tick({ bar, index, bars, y: height - 6 }))}
        </svg>
      </div>
      <figcaption class="chart-caption">
        <Key series={series} />
        <span class="muted" safe>
          {zone}
        </span>
      </figcaption>
      <Table {...props} />
    </figure>
  );
}

/** An image of its own, as wide as its numbers. */
function Scale({ scale, height }: { scale: ChartScale; height: number }): JSX.Element {
  const labels = scale.lines.map(({ value, y }) => ({ text: compact.format(Math.abs(value)), y }));
  const width = Math.max(...labels.map(({ text }) => text.length)) * DIGIT_WIDTH + 6;
  return (
    <svg class="chart-scale" width={width} height={height} aria-hidden="true">
      {labels.map(({ text, y }) => (
        <text x={width - 6} y={y + 4} text-anchor="end" safe>
          {text}
        </text>
      ))}
    </svg>
  );
}

function Bar(props: {
  bar: ChartBar;
  index: number;
  count: number;
  series: readonly ChartSeries[];
  scale: ChartScale;
}): JSX.Element {
  const { bar, index, count, series, scale } = props;
  const place = 100 / count;
  const x = `${round(place * (index + (1 - FILLED) / 2))}%`;
  const width = `${round(place * FILLED)}%`;
  const ends = { above: scale.zeroY, below: scale.zeroY };
  const inside = (
    <>
      <title safe>{describe(bar, series)}</title>
      <rect
        class="chart-hit"
        x={`${round(place * index)}%`}
        y={TOP}
        width={`${round(place)}%`}
        height="100%"
      />
      {series.map(({ tone, below = false }, at) => {
        const value = bar.values[at] ?? 0;
        if (value === 0) return "";
        const height = Math.max(LEAST_BAR, value * scale.unit);
        const y = below ? ends.below : ends.above - height;
        if (below) ends.below += height;
        else ends.above -= height;
        return <rect class={`chart-${tone}`} x={x} y={round(y)} width={width} height={round(height)} />;
      })}
    </>
  );
  if (bar.href === null) return <g class="chart-bar">{inside}</g>;
  // Reached by keyboard through the table: a week has 168 bars.
  return (
    <a class="chart-bar" href={attribute(bar.href)} tabindex="-1">
      {inside}
    </a>
  );
}

function describe({ name, values }: ChartBar, series: readonly ChartSeries[]): string {
  const lines = series.map(({ label }, index) => `${label}: ${plain.format(values[index] ?? 0)}`);
  return [name, ...lines].join("\n");
}

/** Every second label is hidden on a phone. */
function Tick(props: { bar: ChartBar; index: number; bars: readonly ChartBar[]; y: number }): JSX.Element {
  const { bar, index, bars, y } = props;
  if (bar.tick === null) return "";
  const place = 100 / bars.length;
  const before = bars.slice(0, index).filter(({ tick }) => tick !== null).length;
  const x = round(place * (index + 0.5));
  const anchor = x < 4 ? "start" : x > 96 ? "end" : "middle";
  return (
    <text class={before % 2 === 1 ? "chart-minor" : undefined} x={`${x}%`} y={y} text-anchor={anchor} safe>
      {bar.tick}
    </text>
  );
}

function Key({ series }: { series: readonly ChartSeries[] }): JSX.Element {
  return (
    <>
      {series.map(({ label, tone }) => (
        <span>
          <span class={`chart-key chart-key-${tone}`} aria-hidden="true"></span>
          <span safe>{label}</span>
        </span>
      ))}
    </>
  );
}
