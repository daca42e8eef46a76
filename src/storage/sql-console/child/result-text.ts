/** Writes rows as JSON, CSV or NDJSON, up to a size: integers that JavaScript rounds as text, bytes as text or base64. */
import type { SQLOutputValue } from "node:sqlite";
import type { ResultFormat } from "../order.ts";

export type ResultText = Readonly<{
  /** Returns false for a row that has no room any more. */
  add: (row: readonly SQLOutputValue[]) => boolean;
  /** Without a line feed at its end. */
  finish: () => string;
}>;

type Cell = null | string | number | Readonly<{ base64: string }>;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function createResultText(
  format: ResultFormat,
  { columns, mostBytes }: Readonly<{ columns: readonly string[]; mostBytes: number }>,
): ResultText {
  const write = { json: jsonLine, csv: csvLine, ndjson: objectLine }[format];
  const names = uniqueNames(columns);
  const lines = format === "csv" ? [csvLine(columns)] : [];
  let bytes = 0;
  return {
    add(row) {
      // Before anything is made of them: one value may be larger than the whole result may be.
      if (bytes + rawLength(row) > mostBytes) return false;
      const line = write(row.map(toCell), names);
      bytes += Buffer.byteLength(line) + 2;
      if (bytes > mostBytes) return false;
      lines.push(line);
      return true;
    },
    finish: () => (format === "json" ? `[${lines.join(",")}]` : lines.join(format === "csv" ? "\r\n" : "\n")),
  };
}

function rawLength(row: readonly SQLOutputValue[]): number {
  let length = 0;
  for (const value of row) {
    if (typeof value === "string") length += value.length;
    else if (value instanceof Uint8Array) length += value.byteLength;
  }
  return length;
}

function toCell(value: SQLOutputValue): Cell {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (!(value instanceof Uint8Array)) return value;
  try {
    return utf8.decode(value);
  } catch {
    return { base64: Buffer.from(value).toString("base64") };
  }
}

const jsonLine = (cells: readonly Cell[]): string => JSON.stringify(cells);

function objectLine(cells: readonly Cell[], names: readonly string[]): string {
  // Not an object, which would put columns that are named by numbers first.
  const members = names.map((name, index) => `${JSON.stringify(name)}:${JSON.stringify(cells[index])}`);
  return `{${members.join(",")}}`;
}

function csvLine(cells: readonly Cell[]): string {
  return cells.map(csvCell).join(",");
}

function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = typeof cell === "string" ? cell : `base64:${cell.base64}`;
  // Spreadsheets run what begins like a formula, and anyone can send an event.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /["\r\n,]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Two columns may have one name: the second gets a number. */
function uniqueNames(columns: readonly string[]): string[] {
  const taken = new Set<string>();
  return columns.map((column) => {
    let name = column;
    for (let number = 2; taken.has(name); number++) name = `${column}_${number}`;
    taken.add(name);
    return name;
  });
}
