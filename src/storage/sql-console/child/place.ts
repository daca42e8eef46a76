/** Finds where in a statement SQLite's error is. `node:sqlite` does not tell, `bun:sqlite` does. */
import { Database } from "bun:sqlite";
import { SQL_VIEWS } from "../columns.ts";

/** Returns " (line 2, column 7)", or "" if it is not known. `message` is the error's. */
export function placeOfError(sql: string, message: string): string {
  const offset = findOffset(sql, message);
  if (offset === null) return "";
  const before = Buffer.from(sql).subarray(0, offset).toString().split("\n");
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

/** Compiles the statement again, over empty tables of the views' names, and does not run it. */
function findOffset(sql: string, message: string): number | null {
  const db = new Database(":memory:");
  try {
    for (const { name, columns } of SQL_VIEWS) {
      db.run(`CREATE TABLE ${name} (${columns.map((column) => column.name).join(", ")})`);
    }
    db.prepare(sql);
  } catch (error) {
    if (!(error instanceof Error) || !("byteOffset" in error) || error.message !== message) return null;
    const { byteOffset } = error;
    return typeof byteOffset === "number" && byteOffset >= 0 ? byteOffset : null;
  } finally {
    db.close();
  }
  return null;
}
