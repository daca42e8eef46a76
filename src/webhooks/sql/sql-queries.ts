/** The use case that runs an editor's SQL on a webhook's events. */
import { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { ResultFormat } from "../../storage/sql-console/order.ts";
import type { QueryResult } from "../../storage/sql-console/query-process.ts";
import type { SqlConsole } from "../../storage/sql-console/sql-console.ts";
import { type InWebhook, requireRole } from "../people/roles.ts";
import { validate } from "../validate.ts";

export const DEFAULT_NEWEST = 100_000;
export const MOST_ROWS = 10_000;

const param = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** SQLite compares whole numbers up to this one exactly. JSON has rounded those above 2^53, and no row would match. */
const MOST_INTEGER = 2 ** 63;

function isExact(value: unknown): boolean {
  if (typeof value !== "number" || !Number.isInteger(value)) return true;
  return Number.isSafeInteger(value) || Math.abs(value) >= MOST_INTEGER;
}

export const sqlText = z
  .string()
  .refine((text) => text.trim() !== "", "is empty")
  .max(65_536, "is longer than 65536 characters");

export const sqlQueryInput = z
  .strictObject({
    sql: sqlText.describe("One SELECT, in SQLite's SQL."),
    params: z
      .union([z.array(param).max(1_000), z.record(z.string(), param)])
      .refine((values) => Object.values(values).every(isExact), {
        error: "must have whole numbers beyond 2^53 as texts, read by CAST(? AS INTEGER)",
      })
      .default([])
      .describe("Values of the statement's `?` in their order, or of its named parameters by name."),
    newest: z
      .union([z.int().min(1).max(1_000_000_000), z.literal("all")])
      .default(DEFAULT_NEWEST)
      .describe("How many of the newest events the views have."),
    max_rows: z.int().min(1).max(MOST_ROWS).default(1_000).describe("Rows after which the result ends."),
  })
  .meta({ id: "SqlQuery" });

export type RunSql = (
  asked: InWebhook &
    Readonly<{ input: unknown; format?: ResultFormat | undefined; signal?: AbortSignal | undefined }>,
) => Promise<QueryResult>;

/**
 * Rejects with AppError `forbidden` if the console is disabled or the user is no editor, `invalid` for a statement that is
 * wrong, too slow or too large, `rate_limited` and `unavailable` if too many wait.
 */
export function createRunSql(deps: {
  mainDb: Pick<MainDb, "webhooks" | "members" | "entrypoints" | "targets" | "audit">;
  sqlConsole: Pick<SqlConsole, "run">;
  isEnabled: boolean;
}): RunSql {
  const { mainDb, sqlConsole, isEnabled } = deps;
  return async ({ userId, webhookId: asked, input, format = "json", signal }) => {
    const { id: webhookId, name } = requireRole(mainDb, { userId, webhookId: asked }, "editor");
    if (!isEnabled) throw sqlConsoleOff();
    const query = validate({ schema: sqlQueryInput, value: input, what: "query" });
    const result = await sqlConsole.run(
      {
        webhookId,
        sql: query.sql,
        params: query.params,
        newest: query.newest === "all" ? null : query.newest,
        maxRows: query.max_rows,
        format,
        names: {
          entrypoints: mainDb.entrypoints.list(webhookId).map((row) => [row.id, row.name] as const),
          targets: mainDb.targets.list(webhookId).map((row) => [row.id, row.name] as const),
        },
      },
      { asker: userId, signal },
    );
    // The role may have ended while the query waited or ran.
    requireRole(mainDb, { userId, webhookId }, "editor");
    // Without the statement, which may have people's data in it.
    mainDb.audit.add({ action: "webhook.query", objectId: webhookId, objectName: name, webhookId });
    return result;
  };
}

export function sqlConsoleOff(): AppError {
  return new AppError({
    kind: "forbidden",
    code: "sql_console_off",
    message: "The SQL console is disabled on this server.",
    hint: "An administrator can enable it by SQL_CONSOLE=on.",
  });
}
