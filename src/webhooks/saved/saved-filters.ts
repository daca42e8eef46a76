/** Use cases on the log's filters that a user saves. */
import { z } from "zod";
import type { InWebhook } from "../people/roles.ts";
import { createSavedTexts, type SavedDeps, savedName } from "./saved-texts.ts";

const filterInput = z.strictObject({ name: savedName, query: z.string().max(4_000, "is too long") });

export function createSavedFilters(deps: SavedDeps) {
  const saved = createSavedTexts(deps, {
    queries: deps.mainDb.savedFilters,
    role: "viewer",
    field: "query",
    input: filterInput,
    what: "filter",
    many: "filters",
  });
  return {
    ...saved,
    remove: ({ filterId: id, ...of }: InWebhook & Readonly<{ filterId: string }>) =>
      saved.remove({ ...of, id }),
  };
}
