/** Routes of the SQL page: run a statement, download its result, save statements. */
import { statusOf } from "../../http/error-description.ts";
import { AppError } from "../../lib/errors.ts";
import { fileNameOf } from "../../lib/file-name.ts";
import type { ResultFormat } from "../../storage/sql-console/order.ts";
import { DEFAULT_NEWEST, MOST_ROWS, type RunSql, sqlConsoleOff } from "../../webhooks/sql/sql-queries.ts";
import type { WebhookUseCases } from "../../webhooks/use-cases.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { action, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { EXAMPLES } from "./examples.ts";
import { sqlPath } from "./paths.ts";
import { MOST_SHOWN_ROWS, readResult, type ShownResult } from "./result.ts";
import { type Filled, SqlPage } from "./views.tsx";

type Deps = Readonly<{
  useCases: Pick<WebhookUseCases, "webhooks" | "savedQueries">;
  runSql: RunSql;
  config: Readonly<{ sqlConsole: boolean }>;
}>;

type Outcome = Readonly<{
  result?: ShownResult;
  errors?: FieldErrors;
  hint?: string | undefined;
  status?: number;
}>;

const FILES = {
  csv: { type: "text/csv; charset=utf-8; header=present", end: "csv" },
  ndjson: { type: "application/x-ndjson", end: "ndjson" },
} as const;

export function createSqlRoutes({ useCases, runSql, config }: Deps): readonly PageRoute[] {
  const { webhooks, savedQueries } = useCases;

  /** Throws AppError `forbidden` if the console is disabled. */
  function ofPage({ viewer, params }: PageContext) {
    if (!config.sqlConsole) throw sqlConsoleOff();
    return { userId: viewer.id, webhookId: params.id ?? "" };
  }

  async function draw(context: PageContext, filled: Filled, outcome: Outcome = {}): Promise<Response> {
    const { viewer, flash } = context;
    const of = ofPage(context);
    const [webhook, saved] = [await webhooks.get(of), await savedQueries.list(of)];
    const { result = null, errors = NO_ERRORS, hint, status = 200 } = outcome;
    return renderPage(SqlPage({ viewer, flash, webhook, saved, filled, errors, hint, result }), { status });
  }

  async function show(context: PageContext): Promise<Response> {
    const { query } = context;
    const id = query.get("saved");
    const saved = (await savedQueries.list(ofPage(context))).find((each) => each.id === id);
    const example = EXAMPLES.find(({ slug }) => slug === query.get("example")) ?? EXAMPLES[0];
    const sql = saved?.sql ?? example?.sql ?? "";
    return draw(context, { sql, newest: String(DEFAULT_NEWEST), name: saved?.name ?? "" });
  }

  async function run(context: PageContext): Promise<Response> {
    const of = ofPage(context);
    const form = await context.form();
    const filled = readFilled(form);
    const format: ResultFormat = form.as === "csv" || form.as === "ndjson" ? form.as : "json";
    // A query may wait and run for longer than a connection may be idle.
    context.keepOpen();
    const newest = /^\d+$/.test(filled.newest) ? Number(filled.newest) : filled.newest;
    const max_rows = format === "json" ? MOST_SHOWN_ROWS : MOST_ROWS;
    try {
      const { signal } = context.request;
      const result = await runSql({ ...of, input: { sql: filled.sql, newest, max_rows }, format, signal });
      if (format === "json") return await draw(context, filled, { result: readResult(result) });
      const { name } = await webhooks.get(of);
      return download(result.text, format, fileNameOf(name, "webhook"));
    } catch (error) {
      return await draw(context, filled, faultOf(error));
    }
  }

  async function save(context: PageContext): Promise<Response> {
    const of = ofPage(context);
    const filled = readFilled(await context.form());
    try {
      await savedQueries.save({ ...of, input: { sql: filled.sql, name: filled.name } });
    } catch (error) {
      return draw(context, filled, { errors: fieldErrors(error), status: 422 });
    }
    const saved = (await savedQueries.list(of)).find(({ name }) => name === filled.name.trim());
    const text = `The statement “${filled.name.trim()}” was saved.`;
    return redirect(`${sqlPath(of.webhookId)}?saved=${saved?.id ?? ""}`, { tone: "ok", text });
  }

  async function remove(context: PageContext): Promise<Response> {
    const of = ofPage(context);
    await savedQueries.remove({ ...of, queryId: context.params.queryId ?? "" });
    return redirect(sqlPath(of.webhookId), { tone: "ok", text: "The saved statement was deleted." });
  }

  return [
    page("/source/:id/sql", show, "editor"),
    action("/source/:id/sql", run),
    action("/source/:id/queries", save),
    action("/source/:id/queries/:queryId/delete", remove),
  ];
}

function readFilled({ sql = "", newest = String(DEFAULT_NEWEST), name = "" }: FormInput): Filled {
  // Forms send line ends as CR LF, and places are told by lines.
  return { sql: sql.replaceAll("\r\n", "\n"), newest, name };
}

/** Rethrows what the page cannot tell beside the statement. */
function faultOf(error: unknown): Outcome {
  if (!(error instanceof AppError)) throw error;
  const { kind, message, hint } = error;
  if (kind === "invalid") return { errors: fieldErrors(error), hint, status: 422 };
  if (kind !== "unavailable" && kind !== "rate_limited") throw error;
  return { errors: { "": message }, hint, status: statusOf(kind) };
}

function download(text: string, format: keyof typeof FILES, name: string): Response {
  const { type, end } = FILES[format];
  return new Response(`${text}\n`, {
    headers: {
      "content-type": type,
      "content-disposition": `attachment; filename="${name}-query.${end}"`,
      "cache-control": "no-store",
    },
  });
}
