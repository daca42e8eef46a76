/** Runs one statement on an event file, which it can only read, and gives the result's text. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { QueryFault, QueryHead, QueryOrder, SqlParam } from "../order.ts";
import { type Authorizer, createAuthorizer } from "./authorizer.ts";
import { StatementFault, toFault } from "./faults.ts";
import { openReadOnly } from "./open-read-only.ts";
import { createResultText } from "./result-text.ts";
import { createViews } from "./views.ts";

export type RowsRead = Readonly<{ head: Omit<QueryHead, "lines">; text: string }>;

/** Throws if the file cannot be read. */
export function readRows(order: QueryOrder): RowsRead | Readonly<{ fault: QueryFault }> {
  const db = openReadOnly(order.path);
  try {
    createViews(db, order);
    const authorizer = createAuthorizer(db);
    authorizer.begin();
    return read(db, order, authorizer);
  } catch (error) {
    if (!(error instanceof StatementFault)) throw error;
    const { message, hint } = error;
    return { fault: { kind: "statement", message, ...(hint !== undefined && { hint }) } };
  } finally {
    db.close();
  }
}

function read(db: DatabaseSync, order: QueryOrder, authorizer: Authorizer): RowsRead {
  const startedAt = performance.now();
  const { sql, maxRows, format, resultBytes } = order;
  try {
    const statement = compile(db, sql);
    const columns = statement.columns().map(({ name }) => name);
    const result = createResultText(format, { columns, mostBytes: resultBytes });
    let count = 0;
    let truncated: QueryHead["truncated"] = null;
    for (const row of rowsOf(statement, order)) {
      if (count === maxRows) truncated = "rows";
      else if (!result.add(row)) truncated = "size";
      if (truncated !== null) break;
      count++;
    }
    const ms = Math.round((performance.now() - startedAt) * 10) / 10;
    return { head: { columns, row_count: count, truncated, ms }, text: result.finish() };
  } catch (error) {
    throw error instanceof StatementFault ? error : toFault(error, { sql, refusal: authorizer.refused() });
  }
}

function compile(db: DatabaseSync, sql: string): StatementSync {
  if (sql.includes("\0")) throw new StatementFault("The statement contains a NUL character.");
  const statement = db.prepare(sql);
  const columns = countColumns(statement);
  if (columns === null) throw new StatementFault("There is no statement.", "Write a SELECT.");
  // Such as VACUUM, about which SQLite asks no authorizer.
  if (columns === 0) throw new StatementFault("Only a SELECT can be run here.");
  const { sourceSQL } = statement;
  // SQLite compiles the first statement only, and says how far it came.
  if (!isBlank(sql.slice(sql.indexOf(sourceSQL) + sourceSQL.length))) {
    throw new StatementFault("Only one statement can be run at a time.", "Remove what follows the first.");
  }
  return statement;
}

/** Null if the text has no statement at all. */
function countColumns(statement: StatementSync): number | null {
  try {
    return statement.columns().length;
  } catch {
    return null;
  }
}

/** Whether it is white space, semicolons and comments. */
function isBlank(sql: string): boolean {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\s;]+/g, "") === "";
}

function* rowsOf(statement: StatementSync, { params }: QueryOrder): Generator<readonly SQLOutputValue[]> {
  const rows = isList(params)
    ? statement.iterate(...params.map(toBound))
    : statement.iterate(
        Object.fromEntries(Object.entries(params).map(([name, value]) => [name, toBound(value)])),
      );
  // Each is a list, which keeps columns of one name apart.
  for (const row of rows) yield Object.values(row);
}

const isList = (params: QueryOrder["params"]): params is readonly SqlParam[] => Array.isArray(params);

const toBound = (value: SqlParam) => (typeof value === "boolean" ? Number(value) : value);
