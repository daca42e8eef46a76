/** Finds rows that no part of the program would have written, in a file that a stranger may have made. */
import type { Database } from "bun:sqlite";

/** The last moment of the year 9999 in milliseconds UTC: later times have no ISO 8601 form of the usual length. */
export const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** JavaScript rounds larger whole numbers; no sum may be larger either. */
const LARGEST_COUNT = Number.MAX_SAFE_INTEGER;
/** Limit of a text: several times what the head of a request or a response can contain. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** The largest allowed value of the MAX_BODY_BYTES setting. */
const MAX_BODY_BYTES = 512 * 1024 * 1024;
const MAX_RESPONSE_BODY_BYTES = 64 * 1024;

const HEX = "[0-9a-f]";
/** The same pattern as in `isId`. */
const UUID = [8, 4, 3, 3, 12]
  .map((length, index) => ["", "", "[1-8]", "[89ab]", ""][index] + HEX.repeat(length))
  .join("-");

/** Characters outside those allowed in a header's name and in its value: Headers refuses them. */
const NOT_IN_NAME = "'*[^-!#$%&''*+.^_`|~0-9A-Za-z]*'";
const NOT_IN_VALUE = "'*[^' || char(9) || ' -' || char(255) || ']*'";

type Column = Readonly<{ table: string; name: string; type: string }>;
/** `isBroken` is an SQL expression that is true for a faulty row. The schema already refuses NULL. */
type Rule = Readonly<{ fault: string; isBroken: string }>;

/** One sentence for each column with faulty rows; reads every row once. The schema must be the program's own. */
export function listRowFaults(db: Database, exceptTable: string): readonly string[] {
  const tables = Map.groupBy(listColumns(db), ({ table }) => table);
  tables.delete(exceptTable);
  return [...tables].flatMap(([table, columns]) => listTableFaults(db, table, columns));
}

function listTableFaults(db: Database, table: string, columns: readonly Column[]): readonly string[] {
  const rules = columns.flatMap((column) => [...rulesOf(column, columns), ...sumRuleOf(column)]);
  if (rules.length === 0) return [];
  const counts = rules.map(({ isBroken }) => isBroken).join(", ");
  const [found = []] = db.query(`SELECT ${counts} FROM ${table}`).values();
  return rules.flatMap(({ fault }, index) => (Number(found[index] ?? 0) > 0 ? [fault] : []));
}

function rulesOf(column: Column, columns: readonly Column[]): Rule[] {
  const { table, name, type } = column;
  const rule = (isBroken: string, what: string) => ({
    isBroken: `total(${isBroken})`,
    fault: `${table}.${name} ${what}`,
  });
  if (type === "INTEGER") {
    if (isTime(name)) return [rule(`${name} NOT BETWEEN 0 AND ${LAST_TIME}`, "contains an invalid time")];
    const rules = [rule(`${name} NOT BETWEEN 0 AND ${LARGEST_COUNT}`, "contains an invalid count")];
    if (name !== "body_size" || !columns.some((each) => each.name === "body")) return rules;
    return [...rules, rule("body_size <> length(body)", "is not the size of the body")];
  }
  if (type === "BLOB") {
    const most = name === "response_body" ? MAX_RESPONSE_BODY_BYTES : MAX_BODY_BYTES;
    return [rule(`length(${name}) > ${most}`, "is longer than any that is stored")];
  }
  const rules = [rule(`octet_length(${name}) > ${MAX_TEXT_BYTES}`, "is longer than any that is stored")];
  if (name === "id" || name === "event_id") {
    // `length` ends at a NUL.
    rules.push(rule(`${name} NOT GLOB '${UUID}' OR octet_length(${name}) <> 36`, "contains an invalid id"));
  }
  if (name === "method") {
    // GLOB ends at a NUL.
    const isOdd = "method GLOB '*[^A-Z]*' OR instr(method, char(0)) > 0";
    rules.push(rule(`${isOdd} OR octet_length(method) NOT BETWEEN 1 AND 20`, "contains an invalid method"));
  }
  if (name === "headers" || name === "response_headers") {
    rules.push(rule(`NOT ${arePairs(name)}`, "contains invalid headers"));
  }
  if (name === "filtered" || name === "unjudged") {
    rules.push(rule(`NOT ${areNumbers(name)}`, "contains an invalid list"));
  }
  if (name === "headers") rules.push(rule(`NOT ${areSendable(name)}`, "contains invalid headers"));
  return rules;
}

/** Sums that pages show must not overflow. */
function sumRuleOf({ table, name, type }: Column): Rule[] {
  if (type !== "INTEGER" || isTime(name)) return [];
  return [
    { isBroken: `total(${name}) > ${LARGEST_COUNT}`, fault: `${table}.${name} adds up to an invalid count` },
  ];
}

function isTime(name: string): boolean {
  return name === "hour" || name.endsWith("_at");
}

/** SQL that is true for a JSON array of pairs of texts. SQLite reads JSON only up to a NUL; JavaScript refuses it. */
function arePairs(name: string): string {
  return `CASE WHEN instr(${name}, char(0)) > 0 OR NOT json_valid(${name}) THEN 0
    WHEN json_type(${name}) <> 'array' THEN 0
    ELSE NOT EXISTS (SELECT 1 FROM json_each(${name}) WHERE CASE WHEN type <> 'array' THEN 1
      ELSE json_array_length(value) <> 2 OR json_type(value, '$[0]') <> 'text' OR json_type(value, '$[1]') <> 'text'
      END) END`;
}

/** SQL that is true for NULL and for a JSON array of numbers of filters in the file, each once. */
function areNumbers(name: string): string {
  return `CASE WHEN ${name} IS NULL THEN 1 WHEN instr(${name}, char(0)) > 0 OR NOT json_valid(${name}) THEN 0
    WHEN json_type(${name}) <> 'array' THEN 0
    ELSE (SELECT count(DISTINCT f.number) FROM json_each(${name}) j JOIN target_filters f
      ON f.number = j.value AND j.type = 'integer') = json_array_length(${name}) END`;
}

/** SQL that is true for pairs that a request can have as headers. GLOB ends at a NUL. */
function areSendable(name: string): string {
  return `CASE WHEN NOT (${arePairs(name)}) THEN 1
    ELSE NOT EXISTS (SELECT 1 FROM json_each(${name}) WHERE value ->> 0 GLOB ${NOT_IN_NAME} OR value ->> 0 = ''
      OR value ->> 1 GLOB ${NOT_IN_VALUE} OR instr(value ->> 0, char(0)) > 0 OR instr(value ->> 1, char(0)) > 0) END`;
}

function listColumns(db: Database): readonly Column[] {
  return db
    .query<Column, []>(
      `SELECT m.name AS "table", c.name, c.type FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`,
    )
    .all();
}
