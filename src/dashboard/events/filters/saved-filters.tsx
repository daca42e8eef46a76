/** The filters that a user saved, as chips above the log, and the form that saves the one in use. */
import { Html } from "@elysiajs/html";
import type { SavedFilter } from "../../../storage/main-db/saved-texts.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field-row.tsx";
import { SavedChips } from "../../components/saved-chips.tsx";
import { attribute } from "../../render.ts";
import { logPath } from "../../webhooks/paths.ts";
import { filtersPath } from "../paths.ts";

type Props = Readonly<{
  webhookId: string;
  saved: readonly SavedFilter[];
  /** The filter in use, as in the URL without "?"; "" without one. */
  query: string;
}>;

export function SavedFilters({ webhookId, saved, query }: Props): JSX.Element {
  const isNew = query !== "" && !saved.some((filter) => filter.query === query);
  if (saved.length === 0 && !isNew) return "";
  return (
    <div class="saved-filters">
      {saved.length > 0 && (
        <SavedChips
          what="filter"
          chips={saved.map((filter) => {
            const isInUse = filter.query === query;
            return {
              name: filter.name,
              href: `${logPath(webhookId)}?${filter.query}`,
              isInUse,
              removePath: `${filtersPath(webhookId)}/${filter.id}/delete`,
              removeFields: { query: isInUse ? filter.query : "" },
            };
          })}
        />
      )}
      {isNew && <SaveForm webhookId={webhookId} query={query} />}
    </div>
  );
}

function SaveForm({ webhookId, query }: { webhookId: string; query: string }): JSX.Element {
  return (
    <details class="save-filter" data-closes>
      <summary class="chips-clear">Save this filter</summary>
      <form class="filter-panel save-filter-panel" method="post" action={attribute(filtersPath(webhookId))}>
        <input type="hidden" name="query" value={attribute(query)} />
        <TextField name="name" label="Name of the filter" value="" maxlength={60} />
        <Button kind="primary" label="Save filter" />
      </form>
    </details>
  );
}
