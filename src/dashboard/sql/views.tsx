/** The SQL page of a webhook: the statement, examples and saved ones, the result, and what can be read. */
import { Html } from "@elysiajs/html";
import type { SavedQuery } from "../../storage/main-db/saved-texts.ts";
import { SQL_VIEWS } from "../../storage/sql-console/columns.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Button } from "../components/button.tsx";
import { Card, DataTable, PageHeader } from "../components/card.tsx";
import { CodeField } from "../components/code-field.tsx";
import { toldPlace } from "../components/code-place.ts";
import { SelectField, TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { SavedChips } from "../components/saved-chips.tsx";
import type { FieldErrors } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { crumbsInLog } from "../webhooks/crumbs.ts";
import { FormFaults } from "../webhooks/form-faults.tsx";
import { EXAMPLES } from "./examples.ts";
import { savedQueriesPath, sqlPath } from "./paths.ts";
import type { ShownResult } from "./result.ts";
import { ResultCard } from "./result-view.tsx";

export type Filled = Readonly<{ sql: string; newest: string; name: string }>;

export type SqlPageProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  saved: readonly SavedQuery[];
  filled: Filled;
  errors: FieldErrors;
  /** Hint for the one who wrote the statement. */
  hint: string | undefined;
  result: ShownResult | null;
}>;

export const NEWEST = [
  { value: "1000", label: "The newest 1,000 events" },
  { value: "100000", label: "The newest 100,000 events" },
  { value: "1000000", label: "The newest 1,000,000 events" },
  { value: "all", label: "All events" },
];

export function SqlPage(props: SqlPageProps): JSX.Element {
  const { viewer, flash, webhook, result } = props;
  return (
    <Layout
      title="SQL"
      tabTitle={`SQL · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      wide
      crumbs={crumbsInLog(webhook)}
    >
      <PageHeader
        title="SQL"
        lead="One SELECT on this webhook’s events, deliveries and results. Nothing can be changed."
        manual="sql"
      />
      <div class="stack">
        <StatementCard {...props} />
        {result !== null && <ResultCard webhookId={webhook.id} result={result} />}
        <Reference />
      </div>
    </Layout>
  );
}

function StatementCard({ webhook, saved, filled, errors, hint }: SqlPageProps): JSX.Element {
  const place = toldPlace(errors.sql ?? "");
  return (
    <Card title="Statement">
      <div class="sql-chips">
        <ul class="chips" aria-label="Examples">
          <li class="muted text-s" aria-hidden="true">
            Examples
          </li>
          {EXAMPLES.map(({ slug, label }) => (
            <li>
              <span class="chip">
                <a class="chip-link" href={`${sqlPath(webhook.id)}?example=${slug}`} safe>
                  {label}
                </a>
              </span>
            </li>
          ))}
        </ul>
        {saved.length > 0 && <SavedQueries webhookId={webhook.id} saved={saved} sql={filled.sql} />}
      </div>
      {/* Not boosted: some of its buttons download a file. */}
      <form class="form sql-form" method="post" action={`${sqlPath(webhook.id)}#result`} hx-boost="false">
        <FormFaults errors={errors} shown={["sql", "newest", "name"]} />
        {hint !== undefined && <Notice tone="info" text={hint} />}
        <CodeField
          name="sql"
          label="SQL"
          value={filled.sql}
          error={errors.sql}
          placeholder={undefined}
          language="sql"
          place={place}
        />
        <SelectField
          name="newest"
          label="Read"
          value={filled.newest}
          error={errors.newest}
          options={NEWEST}
        />
        <div class="form-actions">
          <Button kind="primary" icon="play" label="Run" name="as" value="page" />
          <Button icon="download" label="CSV" describe="Download as CSV" name="as" value="csv" />
          <Button icon="download" label="NDJSON" describe="Download as NDJSON" name="as" value="ndjson" />
        </div>
        <details class="sql-save" open={errors.name !== undefined}>
          <summary>Save this statement</summary>
          <div class="form-inline">
            <TextField name="name" label="Name" value={filled.name} error={errors.name} maxlength={60} />
            <button
              class="button button-plain"
              type="submit"
              formaction={attribute(savedQueriesPath(webhook.id))}
            >
              Save
            </button>
          </div>
        </details>
      </form>
    </Card>
  );
}

function SavedQueries(props: { webhookId: string; saved: readonly SavedQuery[]; sql: string }): JSX.Element {
  const { webhookId, saved, sql } = props;
  const chips = saved.map((query) => ({
    name: query.name,
    href: `${sqlPath(webhookId)}?saved=${query.id}`,
    isInUse: query.sql === sql,
    removePath: `${savedQueriesPath(webhookId)}/${query.id}/delete`,
  }));
  return <SavedChips what="statement" chips={chips} />;
}

function Reference(): JSX.Element {
  return (
    <Card title="Tables" lead="Times are milliseconds UTC. header(headers, 'name') reads a header.">
      {SQL_VIEWS.map(({ name, meaning, columns }) => (
        <details class="sql-view">
          <summary>
            <code safe>{name}</code>
            <span class="muted" safe>
              {meaning}
            </span>
          </summary>
          <DataTable caption={`Columns of ${name}`} columns={["Column", "Meaning"]}>
            {columns.map((column) => (
              <tr>
                <td>
                  <code safe>{column.name}</code>
                </td>
                <td safe>{column.meaning}</td>
              </tr>
            ))}
          </DataTable>
        </details>
      ))}
    </Card>
  );
}
