/** Creates the error for a file whose rows are not valid. */
import { AppError } from "../../lib/errors.ts";

export function unfitRows(
  fault: string,
  hint = "Export the webhook again, and do not edit the file.",
  cause?: unknown,
): AppError {
  return new AppError({
    kind: "invalid",
    code: "not_an_export",
    message: `The file's webhook is not valid: ${fault}.`,
    hint,
    cause,
  });
}
