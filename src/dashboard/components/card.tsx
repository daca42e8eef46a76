/** Building blocks of pages: headings with actions, cards, empty states, tables. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { ManualPart } from "../manual/links.ts";
import { attribute } from "../render.ts";
import { Icon, type IconName } from "./icon.tsx";
import { ManualLink } from "./manual-link.tsx";

/** The heading of a page, with the page's actions beside it. */
export function PageHeader(
  props: PropsWithChildren<{
    title: string;
    lead?: string | undefined;
    badge?: JSX.Element;
    /** Part of the manual that explains the page. */
    manual?: ManualPart;
  }>,
): JSX.Element {
  const { badge: safeBadge = "" } = props;
  return (
    <div class="page-header">
      <div>
        <h1>
          <span safe>{props.title}</span>
          {safeBadge}
        </h1>
        {props.lead !== undefined && (
          <p class="lead" safe>
            {props.lead}
          </p>
        )}
        {props.manual !== undefined && <ManualLink to={props.manual} />}
      </div>
      <div class="page-actions">{props.children}</div>
    </div>
  );
}

export function Card(
  props: PropsWithChildren<{
    title?: string;
    lead?: string;
    actions?: JSX.Element;
    /** Removes the padding, for tables that reach the edges. */
    flush?: boolean;
    id?: string;
  }>,
): JSX.Element {
  const { actions: safeActions = "" } = props;
  return (
    <section class={props.flush ? "card card-flush" : "card"} id={props.id}>
      {props.title !== undefined && (
        <div class="card-header">
          <div>
            <h2 safe>{props.title}</h2>
            {props.lead !== undefined && (
              <p class="muted" safe>
                {props.lead}
              </p>
            )}
          </div>
          {safeActions}
        </div>
      )}
      {props.children}
    </section>
  );
}

export function EmptyState(
  props: PropsWithChildren<{ title: string; text?: string; icon?: IconName }>,
): JSX.Element {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={props.icon ?? "inbox"} />
      </span>
      <p class="empty-title" safe>
        {props.title}
      </p>
      {props.text !== undefined && (
        <p class="muted" safe>
          {props.text}
        </p>
      )}
      {props.children}
    </div>
  );
}

/**
 * A table whose children are `<tr>` with `<td>`. In a narrow window it scrolls on its own; with `stack`, each row
 * becomes a block of lines there, labelled by `data-label` of its `<td>`.
 */
export function DataTable(
  props: PropsWithChildren<{
    /** Names the table's content for screen readers. */
    caption: string;
    stack?: boolean;
    columns: readonly (string | Readonly<{ label: string; align?: "end"; hidden?: boolean }>)[];
  }>,
): JSX.Element {
  const columns = props.columns.map((column) => (typeof column === "string" ? { label: column } : column));
  return (
    <section class="table-scroll" tabindex="0" aria-label={attribute(props.caption)}>
      <table class={props.stack ? "table table-stack" : "table"}>
        <caption class="sr-only" safe>
          {props.caption}
        </caption>
        <thead>
          <tr>
            {columns.map(({ label, align, hidden }) => (
              <th scope="col" class={align === "end" ? "cell-end" : undefined}>
                <span class={hidden ? "sr-only" : undefined} safe>
                  {label}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </section>
  );
}

/** Links of a list that is sorted newest first: "Older" continues after the last row. */
export function Pagination(props: { olderHref: string | null; newestHref?: string | null }): JSX.Element {
  if (!props.olderHref && !props.newestHref) return "";
  return (
    <nav class="pagination" aria-label="Pages">
      {props.newestHref ? (
        <a class="button button-plain" href={attribute(props.newestHref)}>
          Newest
        </a>
      ) : (
        ""
      )}
      {props.olderHref ? (
        <a class="button button-plain" rel="next" href={attribute(props.olderHref)}>
          Older
        </a>
      ) : (
        ""
      )}
    </nav>
  );
}
