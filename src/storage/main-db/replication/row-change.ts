/** Changed rows as plain data that the log can carry: exact for every value that SQLite can hold. */
import { z } from "zod";

/** Whole numbers beyond JavaScript's safe range, and numbers that are stored as floating point, are carried as text. */
export type RowValue =
  | null
  | string
  | number
  | Uint8Array
  | Readonly<{ int: string }>
  | Readonly<{ real: string }>;

/** Values by column. */
export type Row = Readonly<Record<string, RowValue>>;

/** The whole row as it is after the change, or the primary key of a row that is gone. */
export type RowChange = Readonly<{ table: string; row: Row }> | Readonly<{ table: string; gone: Row }>;

/** Entry of the log: rows of one or more whole transactions, which go on in the next such entry if there are more. */
export type ShippedRows = Readonly<{ rows: readonly RowChange[]; more?: true }>;

const value = z.union([
  z.null(),
  z.string(),
  z.int(),
  z.instanceof(Uint8Array),
  z.strictObject({ int: z.string().regex(/^-?\d{1,19}$/) }),
  z.strictObject({ real: z.string().refine((text) => text !== "" && !Number.isNaN(Number(text))) }),
]);
const row = z.record(z.string(), value);

/** Reads what came from the log. */
export const shippedRowsSchema = z.strictObject({
  rows: z.array(
    z.union([z.strictObject({ table: z.string(), row }), z.strictObject({ table: z.string(), gone: row })]),
  ),
  more: z.literal(true).optional(),
});

/** Gathers the entries that belong together, as they are applied in one transaction. */
export class RowGathering {
  #rows: RowChange[] = [];

  /** Returns all rows that belong together once the last of them has come; null before. */
  add({ rows, more }: ShippedRows): readonly RowChange[] | null {
    for (const each of rows) this.#rows.push(each);
    if (more) return null;
    const gathered = this.#rows;
    this.#rows = [];
    return gathered;
  }

  /** Forgets entries whose last one will never come, because the leader that wrote them was deposed. */
  drop(): void {
    this.#rows = [];
  }
}
