/** The page of the audit log: filter, entries, and the link to download them. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { AuditEntry } from "../../auth/audit-reading.ts";
import { AdminLayout } from "../admin/admin-layout.tsx";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { DataTable, EmptyState, PageHeader, Pagination } from "../components/card.tsx";
import { SelectField, TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Time } from "../components/values.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import { TimeField } from "../time/time-field.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { webhookPath } from "../webhooks/paths.ts";
import { type AuditPageFilter, auditQuery, isFiltered, OUTCOMES } from "./filter.ts";
import { describeAction, describeActor, KINDS } from "./words.ts";

export const ADMIN_PATH = "/admin/audit";
export const OWN_PATH = "/profile/audit";

export type AuditPageProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  /** Everybody's entries, for administrators. */
  isAll: boolean;
  filter: AuditPageFilter;
  notes: readonly string[];
  entries: readonly AuditEntry[];
  /** Number of the entry to go on before; null at the end. */
  nextBefore: number | null;
  /** True if the search stopped before it had found a full page. */
  stoppedEarly: boolean;
  isFirstPage: boolean;
}>;

export function auditView(props: AuditPageProps): JSX.Element {
  const { isAll, filter, notes, entries, nextBefore, stoppedEarly, isFirstPage } = props;
  const path = isAll ? ADMIN_PATH : OWN_PATH;
  const older = nextBefore === null ? null : path + auditQuery(filter, { before: String(nextBefore) });
  return (
    <Frame {...props}>
      <PageHeader title="Audit log" lead={leadOf(isAll)} manual="audit-log">
        <a
          class="button button-plain"
          href={attribute(`${path}/download${auditQuery(filter)}`)}
          hx-boost="false"
        >
          Download as NDJSON
        </a>
      </PageHeader>
      {notes.map((note) => (
        <Notice tone="warn" text={note} />
      ))}
      <div class="stack">
        <FilterForm path={path} filter={filter} isAll={isAll} />
        {entries.length === 0 ? (
          <EmptyState title="No entries found" text={emptyText(props)} />
        ) : (
          <div class="card card-flush">
            <DataTable
              caption="Audit log"
              stack
              columns={["Time", "Who", "What", "Object", "Changed fields", "Result"]}
            >
              {entries.map((entry) => (
                <EntryRow entry={entry} path={path} />
              ))}
            </DataTable>
          </div>
        )}
      </div>
      {stoppedEarly && entries.length > 0 && (
        <p class="muted">The search paused to keep the server responsive. Older entries may match too.</p>
      )}
      <Pagination olderHref={older} newestHref={isFirstPage ? null : path + auditQuery(filter)} />
    </Frame>
  );
}

function Frame(props: PropsWithChildren<AuditPageProps>): JSX.Element {
  const { viewer, flash, isAll, children } = props;
  if (isAll) {
    return (
      <AdminLayout title="Audit log" viewer={viewer} flash={flash} current={ADMIN_PATH} wide>
        {children}
      </AdminLayout>
    );
  }
  const crumbs = [{ href: "/profile", label: "Profile" }];
  return (
    <Layout title="Audit log" viewer={viewer} section="profile" flash={flash} crumbs={crumbs} wide>
      {children}
    </Layout>
  );
}

function FilterForm(props: { path: string; filter: AuditPageFilter; isAll: boolean }): JSX.Element {
  const { path, filter, isAll } = props;
  const { who, what, outcome, objectId, from, to, zone } = filter;
  const isListed = what === "" || KINDS.some(({ value }) => value === what);
  return (
    <search>
      <details class="card audit-filter-card" open={isFiltered(filter)}>
        <summary>Filter</summary>
        <form class="audit-filter" method="get" action={path} aria-label="Filter entries">
          {isAll && <TextField name="who" label="Who" placeholder="Username" value={who} maxlength={64} />}
          <SelectField
            name="what"
            label="What"
            value={what}
            options={[
              { value: "", label: "Everything" },
              ...(isListed ? [] : [{ value: what, label: describeAction(what) }]),
              ...KINDS,
            ]}
          />
          <TextField
            name="object"
            label="Object or webhook"
            placeholder="Id"
            value={objectId}
            maxlength={100}
          />
          <SelectField
            name="outcome"
            label="Result"
            value={outcome}
            options={[{ value: "", label: "Any" }, ...OUTCOMES.map((value) => ({ value, label: value }))]}
          />
          <TimeField name="from" label="From" at={from} zone={zone} />
          <TimeField name="to" label="Until" at={to} zone={zone} />
          <input type="hidden" name="zone" value={attribute(zone)} data-zone={(from ?? to) === null} />
          <div class="filter-actions">
            <Button label="Apply" />
            {isFiltered(filter) && <Button kind="quiet" label="Clear" href={path} />}
          </div>
        </form>
      </details>
    </search>
  );
}

function EntryRow({ entry, path }: { entry: AuditEntry; path: string }): JSX.Element {
  const { number, at, remoteAddress, action, outcome, code, fields, requestId } = entry;
  return (
    <tr>
      <td class="nowrap" data-label="Time" title={`Entry ${number}`}>
        <Time at={at} />
      </td>
      <td data-label="Who">
        <span safe>{describeActor(entry)}</span>
        {remoteAddress !== null && (
          <span class="muted text-s" safe>
            {` from ${remoteAddress}`}
          </span>
        )}
      </td>
      <td data-label="What" title={requestId === null ? undefined : attribute(`Request ${requestId}`)} safe>
        {describeAction(action)}
      </td>
      <td data-label="Object">
        <ObjectOf entry={entry} path={path} />
      </td>
      <td data-label={fields.length === 0 ? undefined : "Changed fields"}>
        {fields.map((field) => (
          <>
            <code safe>{field}</code>{" "}
          </>
        ))}
      </td>
      <td data-label="Result">
        <Badge tone={outcome === "done" ? "ok" : outcome === "refused" ? "warn" : "bad"} label={outcome} />
        {code !== null && (
          <span class="muted text-s" safe>
            {` ${code}`}
          </span>
        )}
      </td>
    </tr>
  );
}

/** The object's name leads to its entries; the webhook's name to the webhook, if it is another object. */
function ObjectOf({ entry, path }: { entry: AuditEntry; path: string }): JSX.Element {
  const { objectId, objectName, webhookId, webhookName } = entry;
  const name = objectName ?? (objectId === webhookId ? webhookName : null) ?? shortId(objectId);
  const isIn = webhookId !== null && objectId !== webhookId && webhookName !== null;
  return (
    <>
      {objectId !== null && (
        <a
          href={attribute(`${path}?${new URLSearchParams({ object: objectId })}`)}
          title={attribute(objectId)}
          safe
        >
          {name}
        </a>
      )}
      {objectId === null && <span safe>{name}</span>}
      {isIn && (
        <span class="muted text-s">
          {" in "}
          <a href={attribute(webhookPath(webhookId))} safe>
            {webhookName}
          </a>
        </span>
      )}
    </>
  );
}

function shortId(id: string | null): string {
  return id === null ? "" : id.length > 13 ? `…${id.slice(-12)}` : id;
}

function leadOf(isAll: boolean): string {
  return isAll
    ? "Who changed what on this server, for the last 365 days."
    : "Your changes, and those that others made to your objects, for the last 365 days.";
}

function emptyText({ filter, stoppedEarly, nextBefore }: AuditPageProps): string {
  if (stoppedEarly && nextBefore !== null)
    return "The search paused to keep the server responsive. Go on with Older.";
  return isFiltered(filter)
    ? "Remove a condition of the filter."
    : "Changes appear here as soon as they happen.";
}
