/** A chart of when a log's events came, whose bars narrow the log to their time. */
import { Html } from "@elysiajs/html";
import { MINUTE_MS } from "../../../lib/clock.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Chart } from "../../components/chart/chart.tsx";
import type { ChartSeries } from "../../components/chart/data.ts";
import { LoadLater } from "../../components/load-later.tsx";
import { Time } from "../../components/values.tsx";
import { Layout } from "../../layout.tsx";
import { attribute } from "../../render.ts";
import type { Flash, Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../../webhooks/crumbs.ts";
import { logPath } from "../../webhooks/paths.ts";
import { filterQuery, type LogFilter } from "../log-filter.ts";
import { histogramPath } from "../paths.ts";
import type { ShownHistogram } from "./read-histogram.ts";

/** Names the part of a page, also in `assets/log.js`. */
export const HISTOGRAM_ID = "histogram";

const SERIES: readonly ChartSeries[] = [{ label: "Events", tone: "main" }];

type LogOf = Readonly<{ webhook: Webhook; filter: LogFilter }>;

/** `isLive`: drawn again while events arrive. */
export function Histogram(props: LogOf & Readonly<{ shown: ShownHistogram; isLive?: boolean }>): JSX.Element {
  const { webhook, filter, shown, isLive = false } = props;
  const { zone, spans, counts, countedBackTo } = shown;
  const path = histogramPath(webhook.id, filterQuery(filter));
  const bars = spans.map(({ from, to, name, tick }, index) => {
    const count = counts[index] ?? 0;
    const narrow = { ...filter, range: null, from, to: to - MINUTE_MS, zone };
    return {
      name,
      tick,
      values: [count],
      href: count === 0 ? null : `${logPath(webhook.id)}${filterQuery(narrow)}`,
    };
  });
  return (
    <section
      class="card histogram"
      id={HISTOGRAM_ID}
      aria-label="Events over time"
      data-again={isLive ? attribute(path) : undefined}
    >
      <Chart label="Events over time" series={SERIES} bars={bars} zone={zone} low />
      {countedBackTo !== null && (
        <p class="muted">
          Counted back to <Time at={countedBackTo} />: looking at all events takes too long.
        </p>
      )}
    </section>
  );
}

/** Asked for after the page is shown, because the events must be looked at; a link without scripts. */
export function HistogramLater({ webhook, filter }: LogOf): JSX.Element {
  return (
    <div class="histogram-later" id={HISTOGRAM_ID}>
      <LoadLater
        part={HISTOGRAM_ID}
        path={histogramPath(webhook.id, filterQuery(filter))}
        label="Show these events over time"
      />
    </div>
  );
}

/** The chart as a page of its own, where no script puts it into the log. */
export function HistogramPage(
  props: LogOf & Readonly<{ viewer: Viewer; flash: Flash | null; shown: ShownHistogram | null }>,
): JSX.Element {
  const { viewer, flash, webhook, filter, shown } = props;
  const log = logPath(webhook.id) + filterQuery(filter);
  return (
    <Layout
      title="Events over time"
      tabTitle={`Events over time · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      wide
      crumbs={[...crumbsWithin(webhook), { href: log, label: "Events" }]}
    >
      <h1>Events over time</h1>
      {shown === null ? (
        <p class="histogram-later muted" id={HISTOGRAM_ID}>
          There are too few events for a chart.
        </p>
      ) : (
        <Histogram webhook={webhook} filter={filter} shown={shown} isLive={shown.countedBackTo === null} />
      )}
    </Layout>
  );
}
