/** Says what is wrong with a statement, for the one who wrote it. */
import { errorCode, errorMessage } from "../../../lib/errors.ts";
import { placeOfError } from "./place.ts";

/** A fault that the one who wrote the statement can mend. */
export class StatementFault extends Error {
  override readonly name = "StatementFault";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** SQLite's result codes. */
const GENERIC = 1;
const TOO_BIG = 18;
const OF_THE_FILE = new Set([10, 11, 14, 26]);

/** Returns an error of SQLite as a fault; throws those of the file, and of anything else. */
export function toFault(
  error: unknown,
  { sql, refusal }: { sql: string; refusal: string | null },
): StatementFault {
  if (refusal !== null) return new StatementFault(refusal, REFUSED_HINT);
  const code = sqliteCode(error);
  if (code === null || OF_THE_FILE.has(code & 0xff)) throw error;
  const message = errorMessage(error);
  if (code === TOO_BIG) {
    return new StatementFault("A value is larger than 16 MiB, or the statement than 64 KiB.");
  }
  return new StatementFault(`SQLite: ${message}${code === GENERIC ? placeOfError(sql, message) : ""}`);
}

const REFUSED_HINT = "Read the views events, deliveries, results, targets and entrypoints.";

/** SQLite's number; 0 for what the binding itself refuses, such as a parameter; null for any other error. */
function sqliteCode(error: unknown): number | null {
  if (error instanceof Error && "errcode" in error && typeof error.errcode === "number") return error.errcode;
  const code = errorCode(error);
  return code?.startsWith("ERR_INVALID_") || code === "ERR_OUT_OF_RANGE" ? 0 : null;
}
