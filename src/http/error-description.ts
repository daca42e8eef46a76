/** Describes an error to the client by status, code and message, without sent values or internal details. */
import { NotFoundError, ParseError, ValidationError } from "elysia";
import { diskFault } from "../lib/disk-fault.ts";
import { AppError, type Credentials, type ErrorKind, type FieldFault } from "../lib/errors.ts";

export type ErrorDescription = Readonly<{
  status: number;
  code: string;
  message: string;
  hint: string | undefined;
  details: readonly FieldFault[] | undefined;
  headers: Readonly<Record<string, string>>;
}>;

const STATUS: Readonly<Record<ErrorKind, number>> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported_type: 415,
  invalid: 422,
  rate_limited: 429,
  unavailable: 503,
};

/** Used if the error has no Retry-After of its own; a shortage usually ends soon. */
const DEFAULT_RETRY_AFTER_SECONDS: Partial<Record<ErrorKind, number>> = { unavailable: 5, rate_limited: 60 };

const CHALLENGE: Readonly<Record<Credentials, string>> = {
  bearer: 'Bearer realm="webhooker"',
  basic: 'Basic realm="webhooker"',
};

const NOTHING_HERE = new AppError({ kind: "not_found", message: "There is nothing at this address." });
const UNREADABLE = new AppError({ kind: "malformed", message: "The request could not be read." });
const NOT_VALID = new AppError({ kind: "invalid", message: "The request is not valid." });

export function describeError(error: unknown): ErrorDescription {
  const known = toAppError(error);
  if (known === null) {
    return {
      status: 500,
      code: "internal",
      message: "Internal server error.",
      hint: "Find the cause in the server's log by this request's id.",
      details: undefined,
      headers: {},
    };
  }
  const { kind, code, message, hint, details } = known;
  return { status: STATUS[kind], code, message, hint, details, headers: headersOf(known) };
}

export function statusOf(kind: ErrorKind): number {
  return STATUS[kind];
}

function toAppError(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  if (error instanceof NotFoundError) return NOTHING_HERE;
  if (error instanceof ParseError) return UNREADABLE;
  // The error's own message repeats the sent value.
  if (error instanceof ValidationError) return NOT_VALID;
  return diskFault(error);
}

function headersOf(error: AppError): Record<string, string> {
  const headers: Record<string, string> = {};
  const retryAfter = error.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS[error.kind];
  if (retryAfter !== undefined) headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfter)));
  if (error.kind === "unauthenticated" && error.credentials !== null) {
    headers["www-authenticate"] = CHALLENGE[error.credentials];
  }
  if (error.allowed !== undefined) headers.allow = error.allowed.join(", ");
  return headers;
}
