/** Errors that a caller caused or can cure; nothing here knows HTTP. */

export type ErrorKind =
  /** Cannot be read at all, such as broken JSON. */
  | "malformed"
  /** Was read, and breaks a rule. */
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

/** One fault in the caller's input: `path` is the field, dotted; `message` never repeats the value. */
export type FieldFault = Readonly<{ path: string; message: string }>;

/** A token, or a user name and a password. */
export type Credentials = "bearer" | "basic";

export class AppError extends Error {
  override readonly name = "AppError";
  readonly kind: ErrorKind;
  /** Stable machine-readable code, snake_case; defaults to the kind. */
  readonly code: string;
  /** What the reader can do about it. */
  readonly hint: string | undefined;
  readonly details: readonly FieldFault[] | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds: number | undefined;
  /** With `method_not_allowed`: the methods that would have been heard. */
  readonly allowed: readonly string[] | undefined;
  /** With `unauthenticated`: what the caller is to show; null for what is not named, such as a signature. */
  readonly credentials: Credentials | null;

  constructor(options: {
    kind: ErrorKind;
    /** Public: shown to the caller as it is. */
    message: string;
    code?: string;
    hint?: string;
    details?: readonly FieldFault[];
    retryAfterSeconds?: number;
    allowed?: readonly string[];
    /** By default "bearer", as the API takes it. */
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

/** In a few words: the code of a fault of the system, such as ENOENT, or what another says. */
export function errorReason(error: unknown): string {
  return errorCode(error) ?? errorMessage(error);
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the system, the runtime or SQLite calls it, such as "ENOSPC"; null where it has no name. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error ? String(error.code) : null;
}
