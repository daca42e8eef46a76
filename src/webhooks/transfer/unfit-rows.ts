/** What is told of a file whose rows do not fit. */
import { AppError } from "../../lib/errors.ts";

export function unfitRows(
  fault: string,
  hint = "Export it again; a file that was changed by hand may not fit.",
  cause?: unknown,
): AppError {
  return new AppError({
    kind: "invalid",
    code: "not_an_export",
    message: `This file describes a webhook that cannot be: ${fault}.`,
    ...{ hint, cause },
  });
}
