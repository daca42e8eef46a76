/**
 * A bar chart as SVG without styles or scripts of its own: one scale, axes, and a link and a tooltip for each bar. A
 * table says the same.
 */
import { Html } from "@elysiajs/html";
import { attribute } from "../render.ts";
import { formatCount } from "./format.ts";

export type ChartSeries = Readonly<{
  label: string;
  tone: "main" | "ok" | "bad";
  /** Drawn below the line, on the same scale. */
  below?: boolean;
}>;

export type ChartBar = Readonly<{
  /** "Mon 23 Nov, 14:00–15:00". */
  name: string;
  /** Label on the axis; null for most bars. */
  tick: string | null;
  /** In the order of the series. */
  values: readonly number[];
  href: string | null;
}>;

type ChartProps = Readonly<{
  /** Names the chart for screen readers. */
  label: string;
  series: readonly ChartSeries[];
  bars: readonly ChartBar[];
  /** Time zone of the names and ticks. */
  zone: string;
  /** For a strip above a list. */
  low?: boolean;
}>;

/** Heights in pixels; widths are shares of the window's. */
const PLOT = { tall: 132, low: 56 } as const;
const TOP = 10;
const AXIS = 22;
const LEAST_BAR = 2;
/** Share of a bar's place that it fills. */
const FILLED = 0.76;
const DIGIT_WIDTH = 7;
const MOST_LINES = { tall: 4, low: 2 } as const;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat("en");

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

type Scale = Readonly<{
  /** Pixels per unit. */
  unit: number;
  /** Where zero is. */
  zeroY: number;
  lines: readonly Readonly<{ value: number; y: number }>[];
}>;

function scaleOf(series: readonly ChartSeries[], bars: readonly ChartBar[], size: "tall" | "low"): Scale {
  const above = Math.max(0, ...bars.map((bar) => sumOf(series, bar, false)));
  const below = Math.max(0, ...bars.map((bar) => sumOf(series, bar, true)));
  const step = stepOf(Math.max(1, above + below) / MOST_LINES[size]);
  const linesAbove = Math.max(1, Math.ceil(above / step));
  const linesBelow = Math.ceil(below / step);
  const count = linesAbove + linesBelow;
  const unit = PLOT[size] / (count * step);
  const zeroY = TOP + linesAbove * step * unit;
  const lines = Array.from({ length: count + 1 }, (_, index) => {
    const value = (linesAbove - index) * step;
    return { value, y: round(zeroY - value * unit) };
  });
  return { unit, zeroY, lines };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function stepOf(least: number): number {
  if (least <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
}

function sumOf(series: readonly ChartSeries[], { values }: ChartBar, isBelow: boolean): number {
  return series.reduce(
    (sum, { below = false }, index) => (below === isBelow ? sum + (values[index] ?? 0) : sum),
    0,
  );
}

/** An image of its own, as wide as its numbers. */
function Scale({ scale, height }: { scale: Scale; height: number }): JSX.Element {
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
  scale: Scale;
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

/** Only bars that have a value. */
function Table({ label, series, bars, zone }: ChartProps): JSX.Element {
  const rows = bars.filter(({ values }) => values.some((value) => value > 0));
  if (rows.length === 0) return "";
  return (
    <details class="chart-table">
      <summary safe>{`As a table of ${formatCount(rows.length, "row")}`}</summary>
      <table class="table">
        <caption class="sr-only" safe>
          {label}
        </caption>
        <thead>
          <tr>
            <th scope="col" safe>{`Time (${zone})`}</th>
            {series.map((each) => (
              <th scope="col" class="cell-end" safe>
                {each.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values, href }) => (
            <tr>
              <th scope="row">
                {href === null ? (
                  Html.escapeHtml(name)
                ) : (
                  <a href={attribute(href)} safe>
                    {name}
                  </a>
                )}
              </th>
              {series.map((_, index) => (
                <td class="cell-end" safe>
                  {plain.format(values[index] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** Short in the markup. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
