/** The event log: matching events, newest first, with live updates. */
import { Html } from "@elysiajs/html";
import { readIndexedFields } from "../../settings/indexed-fields.ts";
import type { FoundEvents } from "../../storage/event-db/event-search.ts";
import type { SavedFilter } from "../../storage/main-db/saved-texts.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Button } from "../components/button.tsx";
import { DataTable, EmptyState, Pagination } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { CodeBlock } from "../components/values.tsx";
import type { LivePart } from "../live/live-stream.ts";
import { isPermitted } from "../permitted.ts";
import { rejectedPath } from "../rejected/paths.ts";
import { attribute } from "../render.ts";
import { newReplayPath, replaysPath } from "../replays/paths.ts";
import { sendPath } from "../send/paths.ts";
import { sqlPath } from "../sql/paths.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { curlCommand as sampleCurl } from "../webhooks/entrypoints/curl.ts";
import { entrypointUrl, logPath, webhookPath } from "../webhooks/paths.ts";
import { CHOICE_FORM, DayRow } from "./event-row.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { FilterChips } from "./filters/filter-chips.tsx";
import { SavedFilters } from "./filters/saved-filters.tsx";
import type { ShownHistogram } from "./histogram/read-histogram.ts";
import { Histogram, HistogramLater } from "./histogram/views.tsx";
import { filterQuery, isFiltered, type LogFilter } from "./log-filter.ts";
import { LogFrame } from "./log-frame.tsx";
import type { Names } from "./names.ts";
import { comparePath, livePath } from "./paths.ts";
import { SearchNotes } from "./search-notes.tsx";

export const COLUMNS = [
  { label: "Select", hidden: true },
  "Received",
  "Event",
  "Entrypoint",
  { label: "Size", align: "end" },
  "Deliveries",
] as const;

export type LogPageProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  baseUrl: string;
  /** Whether SQL can be run on the events. */
  sqlConsole: boolean;
  webhook: Webhook;
  names: Names;
  filter: LogFilter;
  notes: readonly string[];
  /** Types of recent events, for the filter to propose. */
  types: readonly string[];
  saved: readonly SavedFilter[];
  isFirstPage: boolean;
  found: FoundEvents;
  /** Markup of `found.events`. */
  rows: readonly LivePart[];
  /** Tells the stream what this page already shows. */
  state: string;
  /** Null if the events must be looked at to draw it. */
  histogram: ShownHistogram | null;
}>;

export function LogPage(props: LogPageProps): JSX.Element {
  const { webhook, names, filter, found, isFirstPage } = props;
  const path = logPath(webhook.id);
  const query = filterQuery(filter);
  const safeRows = withDays(props);
  return (
    <LogFrame {...props} actions={<LogActions {...props} />}>
      <div class="log-tools">
        <FilterBar
          path={path}
          filter={filter}
          names={names}
          types={props.types}
          fields={readIndexedFields(props.webhook.settings.indexed_fields)}
        />
        {isFirstPage && <LiveBar {...props} query={query} />}
      </div>
      <FilterChips path={path} filter={filter} names={names} />
      <SavedFilters webhookId={webhook.id} saved={props.saved} query={query.slice(1)} />
      {props.notes.length !== 0 && (
        <div class="log-notes">
          {props.notes.map((text) => (
            <Notice tone="warn" text={text} />
          ))}
        </div>
      )}
      <WhenTheyCame {...props} />
      {found.events.length > 0 ? (
        <div class="card card-flush log" data-live-rows={isFirstPage}>
          <DataTable caption={`Events of ${webhook.name}`} columns={COLUMNS}>
            {safeRows}
          </DataTable>
          <Choice webhookId={webhook.id} />
        </div>
      ) : (
        <NothingFound {...props} />
      )}
      <SearchNotes found={found} olderHref={olderHref(props)} />
      <Pagination
        olderHref={found.nextCursor === null ? null : olderHref(props)}
        newestHref={isFirstPage ? null : `${path}${query}`}
      />
    </LogFrame>
  );
}

function WhenTheyCame({ histogram, webhook, filter, found, isFirstPage }: LogPageProps): JSX.Element {
  if (!isFirstPage || (found.events.length === 0 && !found.stoppedEarly)) return "";
  if (histogram === null) return <HistogramLater webhook={webhook} filter={filter} />;
  return <Histogram webhook={webhook} filter={filter} shown={histogram} isLive />;
}

/** Puts the day above the first row of each. */
function withDays({ found, rows }: LogPageProps): string {
  const days = found.events.map(({ receivedAt }) => new Date(receivedAt).toISOString().slice(0, 10));
  return rows
    .map(({ markup }, index) => {
      const day = days[index] ?? "";
      return day === days[index - 1] ? markup : `${DayRow({ day })}${markup}`;
    })
    .join("");
}

function LogActions({ webhook, filter, found, sqlConsole }: LogPageProps): JSX.Element {
  const label = isFiltered(filter) ? "Replay these…" : "Replay…";
  const path = newReplayPath(webhook.id, filterQuery(filter));
  return (
    <>
      {found.events.length !== 0 && <Button icon="replay" label={label} href={path} shortcut="r" />}
      {sqlConsole && <Button kind="quiet" label="SQL" href={sqlPath(webhook.id)} />}
      <Button kind="quiet" label="Send event" href={sendPath(webhook.id)} />
      <Button kind="quiet" label="Rejected" href={rejectedPath(webhook.id, filter.entrypointId)} />
      <Button kind="quiet" label="Replays" href={replaysPath(webhook.id)} />
    </>
  );
}

/** The form of the rows' checkboxes, which are outside of it. */
function Choice({ webhookId }: { webhookId: string }): JSX.Element {
  if (!isPermitted("GET", newReplayPath(webhookId))) return "";
  return (
    <form class="log-chosen" id={CHOICE_FORM} method="get" action={newReplayPath(webhookId)}>
      <Button size="small" icon="replay" label="Replay selected events…" name="chosen" value="1" />
      <button
        class="button button-plain button-small"
        type="submit"
        formaction={comparePath(webhookId)}
        data-compare
      >
        Compare two selected
      </button>
    </form>
  );
}

function LiveBar(props: LogPageProps & { query: string }): JSX.Element {
  const { webhook, query, state } = props;
  return (
    <tag
      of="live-log"
      class="live-bar"
      data-src={attribute(livePath(webhook.id, query))}
      data-state={attribute(state)}
    >
      <span class="live-state" data-live-state role="status" hidden></span>
      <button
        class="button button-plain button-small"
        type="button"
        data-live-pause
        aria-pressed="false"
        hidden
      >
        Pause
      </button>
      <a
        class="button button-plain button-small"
        data-live-reload
        href={attribute(`${logPath(webhook.id)}${query}`)}
      >
        Reload
      </a>
    </tag>
  );
}

function NothingFound({ webhook, filter, names, baseUrl, isFirstPage, found }: LogPageProps): JSX.Element {
  if (isFiltered(filter) || !isFirstPage) {
    return (
      <EmptyState
        icon="search"
        title={isFiltered(filter) ? "No matching events" : "No older events"}
        text={
          found.stoppedEarly
            ? "Not all events have been searched yet."
            : "Widen the time range or remove a filter."
        }
      >
        <Button label={isFiltered(filter) ? "Clear filters" : "Newest"} href={logPath(webhook.id)} />
      </EmptyState>
    );
  }
  const [entrypoint] = names.entrypoints;
  return (
    <EmptyState title="No events yet" text="New events appear here instantly.">
      {entrypoint === undefined ? (
        <Button kind="primary" label="Add an entrypoint" href={webhookPath(webhook.id)} />
      ) : (
        entrypoint.showsUrl && (
          <div class="empty-try">
            <p>Send one from a terminal:</p>
            <CodeBlock text={sampleCurl(entrypointUrl(baseUrl, entrypoint.id))} />
          </div>
        )
      )}
    </EmptyState>
  );
}

function olderHref({ webhook, filter, found }: LogPageProps): string {
  return `${logPath(webhook.id)}${filterQuery(filter, { cursor: found.nextCursor ?? "" })}`;
}
