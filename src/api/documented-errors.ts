/** The errors that operations can respond with, and their descriptions in the OpenAPI document. */
import type { ErrorKind } from "../lib/errors.ts";

export const DOCUMENTED_ERRORS = {
  malformed: "The request cannot be read.",
  unauthenticated: "The API key is missing or not valid.",
  forbidden: "The API key lacks the scope that this needs, or its user the role on the webhook.",
  not_found: "The object does not exist or is not yours.",
  gone: "The entrypoint is disabled.",
  conflict: "The current state does not allow this.",
  too_large: "The body is too large.",
  unsupported_type: "Content-Type must be application/json.",
  invalid: "The input is not valid; `details` names each field.",
  rate_limited: "Too many requests; `Retry-After` says when to retry.",
  unavailable: "The server cannot do this now; `Retry-After` says when to retry.",
} satisfies Partial<Record<ErrorKind, string>>;

export type DocumentedError = keyof typeof DOCUMENTED_ERRORS;
