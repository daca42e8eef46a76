/** Changed rows as JSON in a column, as the triggers write them: JSON has no bytes. */
import { z } from "zod";
import type { Row, RowChange, RowValue } from "./row-change.ts";

/** Columns of a stored change. */
export type StoredChange = Readonly<{ table_name: string; op: "put" | "gone"; content: string }>;

const storedRow = z.record(
  z.string(),
  z.union([
    z.null(),
    z.string(),
    z.number(),
    z.object({ int: z.string() }),
    z.object({ real: z.string() }),
    z.object({ blob: z.string() }),
  ]),
);

export function readStoredChange({ table_name: table, op, content }: StoredChange): RowChange {
  const row = readStoredRow(content);
  return op === "put" ? { table, row } : { table, gone: row };
}

export function readStoredRow(content: string): Row {
  const stored = storedRow.parse(JSON.parse(content));
  const pairs = Object.entries(stored).map(([column, value]): [string, RowValue] => [
    column,
    typeof value === "object" && value !== null && "blob" in value
      ? new Uint8Array(Buffer.from(value.blob, "hex"))
      : value,
  ]);
  return Object.fromEntries(pairs);
}

export function writeStoredRow(row: Row): string {
  const pairs = Object.entries(row).map(([column, value]) => [
    column,
    value instanceof Uint8Array ? { blob: Buffer.from(value).toString("hex") } : value,
  ]);
  return JSON.stringify(Object.fromEntries(pairs));
}
