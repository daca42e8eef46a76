/** Reads how many events of a log's filter came when: from the tallies of hours, or by looking at the events. */
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { areWholeHours, type Span, spansBetween } from "../../time/spans.ts";
import type { EventsDeps } from "../deps.ts";
import { isFiltered, type LogFilter, toEventFilter } from "../log-filter.ts";

export type ShownHistogram = Readonly<{
  /** The reader's time zone. */
  zone: string;
  spans: readonly Span[];
  /** One for each span. */
  counts: readonly number[];
  /** Events before this time were not looked at, as the time was up. */
  countedBackTo: number | null;
}>;

type Asked = Readonly<{ webhook: Webhook; filter: LogFilter; zone: string }>;

export type Histograms = Readonly<{
  /** Null if the events must be looked at, which takes longer, or if there is nothing to show. */
  readTallied: (asked: Asked) => Promise<ShownHistogram | null>;
  /** Within the time of a search. */
  count: (asked: Asked & Readonly<{ asker: string; signal: AbortSignal }>) => Promise<ShownHistogram | null>;
}>;

export function createHistograms({ events, clock }: Pick<EventsDeps, "events" | "clock">): Histograms {
  async function chooseSpans({ webhook, filter, zone }: Asked): Promise<readonly Span[]> {
    const oldest = await events.oldestEventAt(webhook.id);
    if (oldest === null) return [];
    const now = clock.now();
    const asked = toEventFilter(filter, now);
    const from = Math.max(oldest, asked.from ?? oldest);
    const to = Math.min(now, asked.to ?? now);
    return from > to ? [] : spansBetween({ from, to, zone });
  }

  return {
    async readTallied(asked) {
      if (!isByTimeOnly(asked.filter)) return null;
      const spans = await chooseSpans(asked);
      if (spans.length < 2 || !areWholeHours(spans)) return null;
      const activity = await events.activity(asked.webhook.id, spans);
      return {
        zone: asked.zone,
        spans,
        counts: activity.map(({ received }) => received),
        countedBackTo: null,
      };
    },
    async count({ asker, signal, ...asked }) {
      const spans = await chooseSpans(asked);
      if (spans.length < 2) return null;
      const { counts, countedBackTo } = await events.histogram(asked.webhook.id, {
        filter: toEventFilter(asked.filter, clock.now()),
        starts: spans.map(({ from }) => from),
        asker,
        signal,
      });
      return { zone: asked.zone, spans, counts, countedBackTo };
    },
  };
}

function isByTimeOnly(filter: LogFilter): boolean {
  return !isFiltered({ ...filter, range: null, from: null, to: null });
}
