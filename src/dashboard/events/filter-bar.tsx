/** The event log's filter: a form that fills the URL. */
import { Html } from "@elysiajs/html";
import { ENTRYPOINT_METHODS } from "../../settings/entrypoint-settings.ts";
import type { IndexedField } from "../../settings/indexed-fields.ts";
import { PUBLISHED } from "../../settings/published-events.ts";
import { EVENT_FATES } from "../../storage/event-db/event-filter.ts";
import { Button } from "../components/button.tsx";
import { SelectField, TextField } from "../components/field-row.tsx";
import { Icon } from "../components/icon.tsx";
import { attribute } from "../render.ts";
import { TimeField } from "../time/time-field.tsx";
import type { FilterProps } from "./filters/filter-chips.tsx";
import { fateLabel, RANGES, rangeLabel } from "./filters/filter-words.ts";
import { FIELD_MARK } from "./log-filter.ts";
import type { Names } from "./names.ts";

type Option = Readonly<{ value: string; label: string }>;
type BarProps = FilterProps &
  Readonly<{
    fields: readonly IndexedField[];
    /** Types of recent events, which the field for them proposes. */
    types: readonly string[];
  }>;

const ANSWERS = ["none", "2xx", "3xx", "4xx", "5xx"] as const;

export function FilterBar({ path, filter, names, fields, types }: BarProps): JSX.Element {
  const { from, to, zone } = filter;
  return (
    <search class="filter-bar">
      <form method="get" action={attribute(path)} aria-label="Filter events">
        <div class="filter-search">
          <TextField
            name="q"
            type="search"
            label="Text or id"
            placeholder="Search"
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
            <TextField
              name="answer"
              label="Last answer"
              placeholder="500, 5xx or none"
              proposals={ANSWERS}
              value={filter.answer ?? ""}
              maxlength={4}
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
              options={choices(
                "Any entrypoint",
                [...names.entrypoints, { id: PUBLISHED, name: names.entrypoint(PUBLISHED).name }],
                filter.entrypointId,
                names.entrypoint,
              )}
            />
            <SelectField
              name="method"
              label="Method"
              value={filter.method ?? ""}
              options={[any("Any method"), ...ENTRYPOINT_METHODS.map(same)]}
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
              options={[any("Any time"), ...rangeChoices(filter.range)]}
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

/** Keeps a range that was typed into the URL. */
function rangeChoices(chosen: string | null): readonly Option[] {
  const isListed = chosen === null || RANGES.some(({ value }) => value === chosen);
  return isListed ? RANGES : [...RANGES, { value: chosen, label: rangeLabel(chosen) }];
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
