/** Says in words that a change was refused because the node follows. */
import { AppError, errorMessage } from "../../../lib/errors.ts";
import { sqliteCode } from "../../sqlite/sqlite.ts";
import { REFUSAL } from "./triggers.ts";

/** Returns the error as it is if it is another one. */
export function explainRefusedChange(error: unknown): unknown {
  const isRefused = sqliteCode(error) === "SQLITE_CONSTRAINT_TRIGGER" && errorMessage(error) === REFUSAL;
  if (!isRefused) return error;
  return new AppError({
    kind: "conflict",
    code: "not_leading",
    message: "This node of the cluster follows: its configuration is a copy, and only the leader changes it.",
    hint: "Make the change at the node that leads, while it runs; `webhooker cluster status` names it.",
    cause: error,
  });
}
