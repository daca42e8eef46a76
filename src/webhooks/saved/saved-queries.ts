/** Use cases on the SQL that a user saves. */
import { z } from "zod";
import type { InWebhook } from "../people/roles.ts";
import { sqlText } from "../sql/sql-queries.ts";
import { createSavedTexts, type SavedDeps, savedName } from "./saved-texts.ts";

const queryInput = z.strictObject({ name: savedName, sql: sqlText });

export function createSavedQueries(deps: SavedDeps) {
  const saved = createSavedTexts(deps, {
    queries: deps.mainDb.savedQueries,
    role: "editor",
    field: "sql",
    input: queryInput,
    what: "query",
    many: "queries",
  });
  return {
    ...saved,
    remove: ({ queryId: id, ...of }: InWebhook & Readonly<{ queryId: string }>) =>
      saved.remove({ ...of, id }),
  };
}
