/** Routes of the event log and its live stream. */
import { isId } from "../../lib/ids.ts";
import type { EventSummary } from "../../storage/event-db/types.ts";
import type { Found } from "../../webhooks/find.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { foundPath } from "../find/paths.ts";
import { type LivePart, stateOf } from "../live/live-stream.ts";
import { type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { readerZone } from "../time/reader-zone.ts";
import { logPath } from "../webhooks/paths.ts";
import { type Fault, faultOf } from "../webhooks/webhook-state.ts";
import type { EventsDeps } from "./deps.ts";
import { EventRow } from "./event-row.tsx";
import { createHistograms } from "./histogram/read-histogram.ts";
import { HistogramPage } from "./histogram/views.tsx";
import { filterQuery, type LogFilter, readLogFilter, toEventFilter } from "./log-filter.ts";
import { UnusableLogPage } from "./log-frame.tsx";
import { LogPage } from "./log-views.tsx";
import { type Names, readNames } from "./names.ts";

const EVENTS_PER_PAGE = 50;
const LOST_PLACE = "“cursor” was ignored: it is not a position in this log. The newest events are shown.";

type Log = Readonly<{ webhook: Webhook; names: Names; filter: LogFilter; notes: readonly string[] }>;

export function createLogRoutes(deps: EventsDeps): readonly PageRoute[] {
  const { useCases, events, clock, config, live } = deps;
  const histograms = createHistograms(deps);

  async function read({ viewer, params, query }: PageContext): Promise<Log> {
    const webhook = await useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
    const names = await readNames(deps, { userId: viewer.id, webhookId: webhook.id });
    return { webhook, names, ...readLogFilter(query, webhook.settings.indexed_fields) };
  }

  function search(
    { webhook, filter }: Log,
    of: { cursor: string | null; signal: AbortSignal; asker: string },
  ) {
    const asked = toEventFilter(filter, clock.now());
    return events.searchEvents(webhook.id, {
      limit: EVENTS_PER_PAGE,
      filter: asked,
      withPreviews: true,
      ...of,
    });
  }

  async function show(context: PageContext): Promise<Response> {
    const { viewer, flash, query, request } = context;
    const log = await read(context);
    const tidy = log.notes.length === 0 ? tidyPath(log, query) : null;
    if (tidy !== null) return redirect(tidy);
    const object = await findById(log, viewer.id);
    if (object !== null) return redirect(foundPath(object));
    const wanted = query.get("cursor") || null;
    const cursor = wanted !== null && isId(wanted) ? wanted : null;
    const notes = wanted === cursor ? log.notes : [...log.notes, LOST_PLACE];
    try {
      const { signal } = request;
      const [found, types, saved] = await Promise.all([
        search(log, { cursor, signal, asker: viewer.id }),
        events.listRecentTypes(log.webhook.id, signal),
        useCases.savedFilters.list({ userId: viewer.id, webhookId: log.webhook.id }),
      ]);
      const rows = await drawRows(log, found.events);
      const behind = await describeIndex(log);
      const zone = readerZone(request);
      const histogram = cursor === null ? await histograms.readTallied({ ...log, zone }) : null;
      return renderPage(
        LogPage({
          ...log,
          notes: [...notes, ...behind],
          viewer,
          flash,
          found,
          types,
          saved,
          rows,
          baseUrl: config.baseUrl,
          sqlConsole: config.sqlConsole,
          isFirstPage: cursor === null,
          state: stateOf(rows),
          histogram,
        }),
      );
    } catch (error) {
      return showFault(context, log.webhook, faultOf(error));
    }
  }

  /** A text that is the id of something opens it; one that is not is looked for in events. */
  async function findById({ webhook, filter }: Log, userId: string): Promise<Found | null> {
    const id = filter.text?.trim().toLowerCase() ?? "";
    return isId(id) ? (await deps.find.byId({ userId, id, webhookId: webhook.id })).object : null;
  }

  async function describeIndex({ webhook, filter }: Log): Promise<readonly string[]> {
    const share = filter.fields === null ? null : await events.indexedShare(webhook.id);
    if (share === null) return [];
    const percent = Math.floor(share * 100);
    return [
      `The fields of ${percent} % of the events are indexed so far. Until all are, searches take longer.`,
    ];
  }

  function showFault({ viewer, flash }: PageContext, webhook: Webhook, fault: Fault): Promise<Response> {
    return renderPage(UnusableLogPage({ viewer, flash, webhook, fault }), { status: 503 });
  }

  async function showHistogram(context: PageContext): Promise<Response> {
    const { viewer, flash, request } = context;
    const log = await read(context);
    const asked = { ...log, zone: readerZone(request) };
    try {
      const shown =
        (await histograms.readTallied(asked)) ??
        (await histograms.count({ ...asked, asker: viewer.id, signal: request.signal }));
      return renderPage(HistogramPage({ ...log, viewer, flash, shown }));
    } catch (error) {
      return showFault(context, log.webhook, faultOf(error));
    }
  }

  async function stream(context: PageContext): Promise<Response> {
    const { viewer, request } = context;
    const log = await read(context);
    return live.open(context, {
      async readParts() {
        const { events: found } = await search(log, {
          cursor: null,
          signal: request.signal,
          asker: viewer.id,
        });
        return drawRows(log, found);
      },
      subscribe: (listener) => events.onRecorded(log.webhook.id, listener),
    });
  }

  return [
    page("/source/:id/logs", show),
    page("/source/:id/logs/live", stream),
    page("/source/:id/logs/histogram", showHistogram),
  ];
}

/** Returns the URL without the empty fields that forms send, for keeping and sharing; null if it is clean already. */
function tidyPath({ webhook, filter }: Log, query: URLSearchParams): string | null {
  const cursor = query.get("cursor");
  const tidy = filterQuery(filter, cursor ? { cursor } : {});
  const isTidy = new URLSearchParams(tidy).size === query.size;
  return isTidy ? null : logPath(webhook.id) + tidy;
}

async function drawRows(
  { webhook, names, filter }: Log,
  events: readonly EventSummary[],
): Promise<readonly LivePart[]> {
  const query = filterQuery(filter);
  return Promise.all(
    events.map(async (event) => ({
      id: event.id,
      markup: await EventRow({
        webhookId: webhook.id,
        event,
        entrypoint: names.entrypoint(event.entrypointId),
        query,
      }),
    })),
  );
}
