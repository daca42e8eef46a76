/** Errors that a caller caused or can fix; nothing here knows HTTP. */

export type ErrorKind =
  /** Cannot be parsed at all, such as broken JSON. */
  | "malformed"
  /** Was parsed, and breaks a rule. */
  | "invalid"
  | "unsupported_type"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "conflict"
  | "gone"
  | "too_large"
  | "rate_limited"
  | "unavailable";

/** One fault in the caller's input: `path` is the dotted field; `message` never repeats the value. */
export type FieldFault = Readonly<{ path: string; message: string }>;

/** A token, or a user name and password. */
export type Credentials = "bearer" | "basic";

export class AppError extends Error {
  override readonly name = "AppError";
  readonly kind: ErrorKind;
  /** Stable machine-readable code, snake_case; defaults to the kind. */
  readonly code: string;
  /** Action the reader can take. */
  readonly hint: string | undefined;
  readonly details: readonly FieldFault[] | undefined;
  /** Seconds after which a retry makes sense. */
  readonly retryAfterSeconds: number | undefined;
  /** Allowed methods, for `method_not_allowed`. */
  readonly allowed: readonly string[] | undefined;
  /** Credentials to send, for `unauthenticated`; null if they have no HTTP scheme, such as a signature. */
  readonly credentials: Credentials | null;

  constructor(options: {
    kind: ErrorKind;
    /** Public: shown to the caller verbatim. */
    message: string;
    code?: string;
    hint?: string;
    details?: readonly FieldFault[];
    retryAfterSeconds?: number;
    allowed?: readonly string[];
    /** Defaults to "bearer", which the API uses. */
    credentials?: Credentials | null;
    cause?: unknown;
  }) {
    super(options.message, { cause: options.cause });
    this.kind = options.kind;
    this.code = options.code ?? options.kind;
    this.hint = options.hint;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.allowed = options.allowed;
    this.credentials = options.credentials === undefined ? "bearer" : options.credentials;
  }
}

/** `what` is a domain word: "webhook", "entrypoint", "target", "event", … */
export function notFound(what: string): AppError {
  return new AppError({ kind: "not_found", message: `No such ${what}.` });
}

export function invalidCursor(): AppError {
  return new AppError({
    kind: "invalid",
    code: "invalid_cursor",
    message: "The cursor is not valid. Use a `next_cursor` that this list returned.",
  });
}

/** Returns a short reason: a system error's code, such as ENOENT, or else the error's message. */
export function errorReason(error: unknown): string {
  return errorCode(error) ?? errorMessage(error);
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the code from the system, the runtime or SQLite, such as "ENOSPC"; null if there is none. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error ? String(error.code) : null;
}
