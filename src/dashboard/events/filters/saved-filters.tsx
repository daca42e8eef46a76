/** The filters that a user saved, as chips above the log, and the form that saves the one in use. */
import { Html } from "@elysiajs/html";
import type { SavedFilter } from "../../../storage/main-db/saved-filters.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field-row.tsx";
import { Icon } from "../../components/icon.tsx";
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
        <ul class="chips" aria-label="Saved filters">
          <li class="muted text-s" aria-hidden="true">
            Saved
          </li>
          {saved.map((filter) => (
            <li>
              <SavedChip webhookId={webhookId} filter={filter} isInUse={filter.query === query} />
            </li>
          ))}
        </ul>
      )}
      {isNew && <SaveForm webhookId={webhookId} query={query} />}
    </div>
  );
}

function SavedChip(props: { webhookId: string; filter: SavedFilter; isInUse: boolean }): JSX.Element {
  const { webhookId, filter, isInUse } = props;
  return (
    <span class={isInUse ? "chip chip-saved is-in-use" : "chip chip-saved"}>
      <a
        class="chip-link"
        href={attribute(`${logPath(webhookId)}?${filter.query}`)}
        aria-current={isInUse ? "true" : undefined}
      >
        <bdi safe>{filter.name}</bdi>
      </a>
      <form method="post" action={attribute(`${filtersPath(webhookId)}/${filter.id}/delete`)}>
        <input type="hidden" name="query" value={attribute(isInUse ? filter.query : "")} />
        <button
          class="chip-remove"
          type="submit"
          aria-label={attribute(`Delete the saved filter ${filter.name}`)}
        >
          <Icon name="cross" />
        </button>
      </form>
    </span>
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
