/** Failures of commands that ask a gateway elsewhere, with exit codes that scripts can tell apart. */
import { AppError, type ErrorKind, type FieldFault } from "../../lib/errors.ts";

export const EXIT = {
  failed: 1,
  notAllowed: 3,
  notFound: 4,
  unreachable: 5,
  changes: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with an exit code and without a message. */
export class ExitWith extends Error {
  override readonly name = "ExitWith";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export class RemoteError extends AppError {
  readonly exitCode: ExitCode;
  /** The response's status; null where there was none. */
  readonly status: number | null;

  constructor(options: {
    kind: ErrorKind;
    message: string;
    status?: number;
    code?: string | undefined;
    hint?: string | undefined;
    details?: readonly FieldFault[] | undefined;
    cause?: unknown;
  }) {
    const { kind, message, status = null, code, hint, details, cause } = options;
    super({
      kind,
      message,
      cause,
      ...(code !== undefined && { code }),
      ...(hint !== undefined && { hint }),
      ...(details !== undefined && { details }),
    });
    this.status = status;
    this.exitCode = exitCodeOf(kind);
  }
}

function exitCodeOf(kind: ErrorKind): ExitCode {
  if (kind === "unauthenticated" || kind === "forbidden") return EXIT.notAllowed;
  if (kind === "not_found") return EXIT.notFound;
  return kind === "unavailable" ? EXIT.unreachable : EXIT.failed;
}
