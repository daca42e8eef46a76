/** Decides what a statement may do while SQLite compiles it: read the views, and call functions of a list. */
import { constants, type DatabaseSync } from "node:sqlite";
import { SQL_VIEWS } from "../columns.ts";
import { FILE_COLUMNS } from "./views.ts";

/** Tables of no file, that functions make of JSON. */
const JSON_TABLES = new Set(["json_each", "json_tree"]);
const VIEW_NAMES = new Set(SQL_VIEWS.map(({ name }) => name));
const VIEW_COLUMNS: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  SQL_VIEWS.map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]),
);

/** Left out: what loads code, looks into the library, writes to logs, or belongs to indexes for texts and places. */
const FUNCTIONS = new Set(
  `-> ->> abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh count
  cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor format
  glob group_concat header hex if ifnull iif instr json json_array json_array_insert json_array_length
  json_error_position json_extract json_group_array json_group_object json_insert json_object json_patch json_pretty
  json_quote json_remove json_replace json_set json_type json_valid julianday lag last_value lead length like
  likelihood likely ln log log10 log2 lower ltrim max median min mod nth_value ntile nullif octet_length percent_rank
  percentile percentile_cont percentile_disc pi pow power printf quote radians random randomblob rank replace round
  row_number rtrim sign sin sinh sqrt strftime string_agg substr substring sum tan tanh time timediff total trim trunc
  typeof unhex unicode unistr unixepoch unlikely upper zeroblob`.split(/\s+/),
);

export type Authorizer = Readonly<{
  /** From now on, statements of this connection may only read. */
  begin: () => void;
  /** The first refusal; null: there was none. */
  refused: () => string | null;
}>;

/** Call it once the views are made. */
export function createAuthorizer(db: DatabaseSync): Authorizer {
  const hidden = new Set(listHiddenTables(db));
  let refusal: string | null = null;

  function refuse(what: string): number {
    refusal ??= what;
    return constants.SQLITE_DENY;
  }

  /** `column` is "" where a table is named and none of its columns read. */
  function mayRead(table: string, column: string, database: string | null): boolean {
    if (database === "main" && JSON_TABLES.has(table)) return true;
    // A name without a database and without a column may be one that the statement made itself.
    if (database === null) return column === "" && !hidden.has(table) && !/^(?:sqlite|pragma)_/.test(table);
    const columns = database === "temp" ? VIEW_COLUMNS : database === "main" ? FILE_COLUMNS : {};
    const known = Object.hasOwn(columns, table) ? columns[table] : undefined;
    return known !== undefined && (column === "" || known.has(column));
  }

  function judge(code: number, first: string | null, second: string | null, database: string | null): number {
    switch (code) {
      case constants.SQLITE_SELECT:
      case constants.SQLITE_RECURSIVE:
        return constants.SQLITE_OK;
      case constants.SQLITE_READ: {
        const [table, column] = [(first ?? "").toLowerCase(), (second ?? "").toLowerCase()];
        if (mayRead(table, column, database)) return constants.SQLITE_OK;
        const what = column === "" || hidden.has(table) ? table : `${table}.${column}`;
        return refuse(`${what} cannot be read here.`);
      }
      case constants.SQLITE_FUNCTION: {
        const name = (second ?? "").toLowerCase();
        if (FUNCTIONS.has(name)) return constants.SQLITE_OK;
        return refuse(`The function ${name} cannot be called here.`);
      }
      default:
        return refuse("Only a SELECT can be run here.");
    }
  }

  return {
    begin: () => db.setAuthorizer(judge),
    refused: () => refusal,
  };
}

/** Tables of the file that no view reads, and those that modules make up. */
function listHiddenTables(db: DatabaseSync): string[] {
  const rows = db.prepare("SELECT name FROM main.sqlite_schema UNION SELECT name FROM pragma_module_list");
  return rows
    .all()
    .map((row) => String(Object.values(row)[0]).toLowerCase())
    .filter((name) => !JSON_TABLES.has(name) && !VIEW_NAMES.has(name) && !Object.hasOwn(FILE_COLUMNS, name));
}
