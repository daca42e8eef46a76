/** A webhook's events and attempts in a chosen time, as a chart; and apart from it, all that is stored. */
import { Html } from "@elysiajs/html";
import type { Activity } from "../../storage/event-db/numbers/activity.ts";
import { Chart } from "../components/chart/chart.tsx";
import type { ChartSeries } from "../components/chart/data.ts";
import { ChartRanges } from "../components/chart/ranges.tsx";
import { formatCount } from "../components/format.ts";
import { Bytes, TimeOrNever } from "../components/values.tsx";
import { CHART_RANGE_LABELS, type ChartRange, type Span } from "../time/spans.ts";
import { Count } from "./count.tsx";
import { logPath, logSpanPath, webhookPath } from "./paths.ts";
import type { Usable, WebhookState } from "./webhook-state.ts";

export type ChosenActivity = Readonly<{
  range: ChartRange;
  /** The reader's time zone. */
  zone: string;
  spans: readonly Span[];
  /** One for each span. */
  activity: readonly Activity[];
}>;

const SERIES: readonly ChartSeries[] = [
  { label: "Events received", tone: "main" },
  { label: "Failed attempts", tone: "bad", below: true },
];

export function ActivityCard({
  webhookId,
  chosen,
}: {
  webhookId: string;
  chosen: ChosenActivity;
}): JSX.Element {
  const { range, zone, spans, activity } = chosen;
  const total = (key: keyof Activity) => activity.reduce((sum, each) => sum + each[key], 0);
  const title = `Last ${CHART_RANGE_LABELS[range]}`;
  const bars = spans.map((span, index) => {
    const { received = 0, failed = 0 } = activity[index] ?? {};
    const isEmpty = received + failed === 0;
    return {
      name: span.name,
      tick: span.tick,
      values: [received, failed],
      href: isEmpty ? null : logSpanPath(webhookId, { ...span, zone }),
    };
  });
  return (
    <section class="card activity" id="activity" aria-labelledby="activity-title">
      <div class="card-header">
        <h2 id="activity-title" safe>
          {title}
        </h2>
        <ChartRanges current={range} hrefOf={(each) => `${webhookPath(webhookId)}?range=${each}#activity`} />
      </div>
      <dl class="stats activity-stats">
        <Figure label="Events received" n={total("received")} />
        <Figure label="Attempts that delivered" n={total("delivered")} />
        <Figure label="Failed attempts" n={total("failed")} bad />
      </dl>
      <Chart
        label={`Events and failed attempts, ${title.toLowerCase()}`}
        series={SERIES}
        bars={bars}
        zone={zone}
      />
    </section>
  );
}

export function StoredCard(props: { state: WebhookState; file: Usable; defaultDays: number }): JSX.Element {
  const { state, file, defaultDays } = props;
  const { webhook } = state;
  const retentionDays = webhook.settings.retention_days ?? defaultDays;
  const { lastEventAt, counts, fileBytes } = file.overview;
  return (
    <section class="card stored" aria-labelledby="stored-title">
      <div class="card-header">
        <h2 id="stored-title">All stored events</h2>
      </div>
      <dl class="stats stored-stats">
        <div>
          <dt>Last event</dt>
          <dd>
            <TimeOrNever at={lastEventAt} relative />
          </dd>
        </div>
        <Figure label="Delivered" n={counts.delivered} />
        <Figure
          label="Pending"
          n={counts.pending + counts.held}
          href={logPath(webhook.id, { status: counts.pending > 0 ? "pending" : "held" })}
        />
        <Figure label="Failed" n={counts.failed} bad href={logPath(webhook.id, { status: "failed" })} />
        <div>
          <dt>Size</dt>
          <dd>
            <Bytes n={fileBytes} />
          </dd>
        </div>
        <div>
          <dt>Kept for</dt>
          <dd>
            <span safe>{formatCount(retentionDays, "day")}</span>
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Figure({
  label,
  ...count
}: {
  label: string;
  n: number;
  bad?: boolean;
  href?: string;
}): JSX.Element {
  return (
    <div>
      <dt safe>{label}</dt>
      <dd>
        <Count {...count} />
      </dd>
    </div>
  );
}
