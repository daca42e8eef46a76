/** Size of a webhook's events on the disk, its growth, and when events are deleted. */
import { Html } from "@elysiajs/html";
import type { Growth } from "../../../storage/event-db/numbers/growth.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { formatBytes, formatCount } from "../../components/format.ts";
import { Icon } from "../../components/icon.tsx";
import { ManualLink } from "../../components/manual-link.tsx";
import { Bytes, Time } from "../../components/values.tsx";
import { isPermitted } from "../../permitted.ts";
import { webhookPath } from "../paths.ts";
import { type Forecast, forecast } from "./forecast.ts";

type Props = Readonly<{ webhook: Webhook; growth: Growth; defaultDays: number }>;

type Kept = Readonly<{ days: number; bytes: number | null }>;

export function StorageCard({ webhook, growth, defaultDays }: Props): JSX.Element {
  const { retention_days, retention_bytes } = webhook.settings;
  const kept = { days: retention_days ?? defaultDays, bytes: retention_bytes };
  const expected = forecast(growth, kept);
  const path = webhookPath(webhook.id);
  const actions = (
    <div class="page-actions">
      {isPermitted("GET", `${path}/download`) && (
        <a class="button button-plain button-small" href={`${path}/download`} hx-boost="false">
          <Icon name="download" />
          <span>Download this webhook’s file</span>
        </a>
      )}
      <Button size="small" label="Change" describe="Change how long events are kept" href={`${path}/edit`} />
    </div>
  );
  return (
    <Card title="Storage" lead={describe(expected, growth, kept)} id="storage" actions={actions}>
      <dl class="stats storage-stats">
        <div>
          <dt>In use</dt>
          <dd>
            <Bytes n={growth.usedBytes} />
            {kept.bytes !== null && <span class="muted" safe>{` of ${formatBytes(kept.bytes)}`}</span>}
          </dd>
        </div>
        <div>
          <dt>On disk</dt>
          <dd>
            <Bytes n={growth.fileBytes} />
          </dd>
        </div>
        <div>
          <dt>Growth</dt>
          <dd safe>{`${formatBytes(Math.round(expected.bytesPerDay))} a day`}</dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd safe>{growth.events.toLocaleString("en")}</dd>
        </div>
        <div>
          <dt>Oldest</dt>
          <dd>
            {growth.oldestEventAt === null ? (
              <span class="muted">none</span>
            ) : (
              <Time at={growth.oldestEventAt} relative />
            )}
          </dd>
        </div>
        <div>
          <dt>Deleted by age or size</dt>
          <dd safe>{growth.deletedEvents.toLocaleString("en")}</dd>
        </div>
      </dl>
      <ManualLink to="retention" />
    </Card>
  );
}

function describe({ settlesAtBytes, limitInDays }: Forecast, growth: Growth, kept: Kept): string {
  const days = formatCount(kept.days, "day");
  if (kept.bytes !== null && growth.usedBytes > kept.bytes) {
    return "Over the limit: the oldest events are deleted, but never one that is not yet delivered.";
  }
  if (limitInDays === 0)
    return `The limit is reached: the oldest events are deleted before they are ${days} old.`;
  if (growth.recent.events === 0) return `Events are kept for ${days}.`;
  const settles = `At this rate they take about ${formatBytes(Math.round(settlesAtBytes))}`;
  if (limitInDays === null) return `Events are kept for ${days}. ${settles}.`;
  const inDays = formatCount(Math.max(1, Math.round(limitInDays)), "day");
  return `Events are kept for ${days}. At this rate the limit is reached in about ${inDays}; then the oldest are deleted first.`;
}
