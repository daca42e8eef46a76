/** The log's active conditions as chips that remove single ones. */
import { Html } from "@elysiajs/html";
import { Icon } from "../../components/icon.tsx";
import { Time } from "../../components/values.tsx";
import { attribute } from "../../render.ts";
import { filterQuery, type LogFilter } from "../log-filter.ts";
import type { Names } from "../names.ts";
import { fateLabel, rangeLabel } from "./filter-words.ts";

export type FilterProps = Readonly<{ path: string; filter: LogFilter; names: Names }>;

/** Active conditions in words; each links to the log without it. */
export function FilterChips({ path, filter, names }: FilterProps): JSX.Element {
  const { range, from, to, status, targetId, entrypointId, method, type, text, fields } = filter;
  const chips = [
    text === null ? "" : <Chip label="Contains" value={`“${text}”`} href={without({ text: null })} />,
    status === null ? (
      ""
    ) : (
      <Chip label="Delivery" value={fateLabel(status)} href={without({ status: null })} />
    ),
    targetId === null ? (
      ""
    ) : (
      <Chip label="Target" value={names.target(targetId).name} href={without({ targetId: null })} />
    ),
    entrypointId === null ? (
      ""
    ) : (
      <Chip
        label="Entrypoint"
        value={names.entrypoint(entrypointId).name}
        href={without({ entrypointId: null })}
      />
    ),
    filter.transformation === null ? (
      ""
    ) : (
      <Chip label="Transformation" value="failed" href={without({ transformation: null })} />
    ),
    filter.answer === null ? (
      ""
    ) : (
      <Chip label="Last answer" value={filter.answer} href={without({ answer: null })} />
    ),
    method === null ? "" : <Chip label="Method" value={method} href={without({ method: null })} />,
    type === null ? "" : <Chip label="Type" value={type} href={without({ type: null })} />,
    ...(fields ?? []).map((field) => {
      const others = fields?.filter((other) => other !== field) ?? [];
      const href = without({ fields: others.length === 0 ? null : others });
      return <Chip label={field.name} value={field.value} href={href} />;
    }),
    range === null ? (
      ""
    ) : (
      <Chip label="Received" value={rangeLabel(range).toLowerCase()} href={without({ range: null })} />
    ),
    from === null ? "" : <Chip label="From" time={from} href={without({ from: null })} />,
    to === null ? "" : <Chip label="Until" time={to} href={without({ to: null })} />,
  ];
  const shown = chips.filter((chip) => chip !== "");
  if (shown.length === 0) return "";

  function without(change: Partial<LogFilter>): string {
    return `${path}${filterQuery({ ...filter, ...change })}`;
  }

  return (
    <ul class="chips" aria-label="Filters in use">
      {shown.map((chip) => (
        <li>{chip}</li>
      ))}
      {shown.length > 1 && (
        <li>
          <a class="chips-clear" href={attribute(path)}>
            Clear all
          </a>
        </li>
      )}
    </ul>
  );
}

function Chip(props: { label: string; value?: string; time?: number; href: string }): JSX.Element {
  return (
    <span class="chip">
      <span class="muted" safe>
        {props.label}
      </span>
      <bdi class="chip-value">
        {props.time === undefined ? Html.escapeHtml(props.value ?? "") : <Time at={props.time} />}
      </bdi>
      <a href={attribute(props.href)} aria-label={attribute(`Remove the filter ${props.label}`)}>
        <Icon name="cross" />
      </a>
    </span>
  );
}
