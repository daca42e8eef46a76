/** The event log's filter: a form that fills the URL, and chips that remove single conditions. */
import { Html } from "@elysiajs/html";
import type { IndexedField } from "../../settings/indexed-fields.ts";
import { EVENT_FATES, type EventFate } from "../../storage/event-db/event-filter.ts";
import { Button } from "../components/button.tsx";
import { SelectField, TextField } from "../components/field-row.tsx";
import { Icon } from "../components/icon.tsx";
import { Time } from "../components/values.tsx";
import { attribute } from "../render.ts";
import { FIELD_MARK, filterQuery, type LogFilter, METHODS } from "./log-filter.ts";
import type { Names } from "./names.ts";
import { formatLocalTime } from "./zoned-time.ts";

type Option = Readonly<{ value: string; label: string }>;
type FilterProps = Readonly<{ path: string; filter: LogFilter; names: Names }>;
type BarProps = FilterProps &
  Readonly<{
    fields: readonly IndexedField[];
    /** Types of recent events, which the field for them proposes. */
    types: readonly string[];
  }>;

const RANGE_LABELS = { "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days" } as const;

export function FilterBar({ path, filter, names, fields, types }: BarProps): JSX.Element {
  const { from, to, zone } = filter;
  return (
    <search class="filter-bar">
      <form method="get" action={attribute(path)} aria-label="Filter events">
        <div class="filter-search">
          <TextField
            name="q"
            type="search"
            label="Text in the body"
            placeholder="Search bodies"
            value={filter.text ?? ""}
            maxlength={200}
          />
          <Button icon="search" label="Search" iconOnly />
        </div>
        <details class="filter-more" data-closes>
          <summary class="button button-plain">
            <Icon name="filter" />
            <span>Filters</span>
          </summary>
          <div class="filter-panel">
            <SelectField
              name="status"
              label="Delivery"
              value={filter.status ?? ""}
              options={[
                any("Any state"),
                ...EVENT_FATES.map((value) => ({ value, label: fateLabel(value) })),
              ]}
            />
            <SelectField
              name="target"
              label="Target"
              value={filter.targetId ?? ""}
              options={choices("Any target", names.targets, filter.targetId, names.target)}
            />
            <SelectField
              name="entrypoint"
              label="Entrypoint"
              value={filter.entrypointId ?? ""}
              options={choices("Any entrypoint", names.entrypoints, filter.entrypointId, names.entrypoint)}
            />
            <SelectField
              name="method"
              label="Method"
              value={filter.method ?? ""}
              options={[any("Any method"), ...METHODS.map(same)]}
            />
            <TextField
              name="type"
              label="Event type"
              placeholder="Any type"
              proposals={types}
              value={filter.type ?? ""}
              maxlength={250}
            />
            {fields.map(({ name }) => (
              <TextField
                name={FIELD_MARK + name}
                label={name}
                placeholder="Any value"
                value={filter.fields?.find((field) => field.name === name)?.value ?? ""}
              />
            ))}
            <SelectField
              name="range"
              label="Received"
              value={filter.range ?? ""}
              options={[
                any("Any time"),
                ...Object.entries(RANGE_LABELS).map(([value, label]) => ({ value, label })),
              ]}
            />
            <TimeField name="from" label="From" at={from} zone={zone} />
            <TimeField name="to" label="Until" at={to} zone={zone} />
            <input type="hidden" name="zone" value={attribute(zone)} data-zone={(from ?? to) === null} />
            <div class="filter-actions">
              <Button kind="primary" label="Apply" />
              <Button kind="quiet" label="Clear" href={path} />
            </div>
          </div>
        </details>
      </form>
    </search>
  );
}

/** Active conditions in words; each links to the log without it. */
export function FilterChips({ path, filter, names }: FilterProps): JSX.Element {
  const { range, from, to, status, targetId, entrypointId, method, type, text, fields } = filter;
  const chips = [
    text === null ? "" : <Chip label="Body contains" value={`“${text}”`} href={without({ text: null })} />,
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
      <Chip label="Received" value={RANGE_LABELS[range].toLowerCase()} href={without({ range: null })} />
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

function TimeField(props: { name: string; label: string; at: number | null; zone: string }): JSX.Element {
  const { name, label, at, zone } = props;
  return (
    <TextField
      name={name}
      label={`${label} (${zone})`}
      type="datetime-local"
      value={at === null ? "" : formatLocalTime(at, zone)}
    />
  );
}

/** Names what a state finds: pending deliveries include those that are retrying. */
function fateLabel(fate: EventFate): string {
  return fate === "pending" ? "pending or retrying" : fate;
}

function any(label: string): Option {
  return { value: "", label };
}

function same(value: string): Option {
  return { value, label: value };
}

/** Keeps the selected entrypoint or target in the list even if it was deleted. */
function choices(
  none: string,
  present: readonly Readonly<{ id: string; name: string }>[],
  chosen: string | null,
  nameOf: Names["target"],
): Option[] {
  const options = present.map(({ id, name }) => ({ value: id, label: name }));
  if (chosen !== null && !present.some(({ id }) => id === chosen)) {
    const { name } = nameOf(chosen);
    options.push({ value: chosen, label: name.startsWith("deleted ") ? name : `${name} (deleted)` });
  }
  return [any(none), ...options];
}
