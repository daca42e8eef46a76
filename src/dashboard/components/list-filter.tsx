/** The search and the pages of a long list. */
import { Html } from "@elysiajs/html";
import { attribute } from "../render.ts";
import { Button } from "./button.tsx";

export function ListFilter(props: {
  /** Where the form leads; without a query. */
  action: string;
  /** "Find a target by its name". */
  label: string;
  search: Readonly<{ name: string; value: string }>;
  /** Passed on unchanged. */
  fields?: readonly (readonly [name: string, value: string])[];
  state?: Readonly<{
    name: string;
    value: string;
    /** Their labels are their values. */
    options: readonly Readonly<{ label: string; count: number }>[];
    total: number;
  }>;
}): JSX.Element {
  const { action, label, search, fields = [], state } = props;
  return (
    <search class="list-filter">
      <form class="form-inline" method="get" action={attribute(action)}>
        {fields.map(([name, value]) => (
          <input type="hidden" name={attribute(name)} value={attribute(value)} />
        ))}
        <input
          class="input"
          type="search"
          name={search.name}
          value={attribute(search.value)}
          placeholder="Find by name"
          aria-label={attribute(label)}
          autocomplete="off"
        />
        {state !== undefined && (
          <select class="input" name={state.name} aria-label="State">
            <option value="" safe>{`any state (${state.total})`}</option>
            {state.options.map((option) => (
              <option value={attribute(option.label)} selected={option.label === state.value} safe>
                {`${option.label} (${option.count})`}
              </option>
            ))}
          </select>
        )}
        <Button icon="search" label="Find" describe={label} />
      </form>
    </search>
  );
}

export function ListPages(props: {
  current: number;
  pages: number;
  hrefOf: (page: number) => string;
}): JSX.Element {
  const { current, pages, hrefOf } = props;
  if (pages <= 1) return "";
  return (
    <nav class="pagination" aria-label="Pages">
      <span class="muted" safe>{`Page ${current} of ${pages}`}</span>
      {current > 1 && <Button label="Previous" href={hrefOf(current - 1)} />}
      {current < pages && <Button label="Next" href={hrefOf(current + 1)} />}
    </nav>
  );
}
