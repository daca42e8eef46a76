/** The mistakes that operations may answer with, and what the OpenAPI document says of each. */
import type { ErrorKind } from "../lib/errors.ts";

export const DOCUMENTED_ERRORS = {
  malformed: "The request cannot be read.",
  unauthenticated: "There is no valid API key.",
  not_found: "There is no such thing, or it is not yours.",
  conflict: "It cannot be done as things stand.",
  too_large: "The body is too large.",
  unsupported_type: "The body is not announced as JSON.",
  invalid: "What was sent is not valid.",
  rate_limited: "It was asked for too often.",
  unavailable: "The server cannot do it now; try again later.",
} satisfies Partial<Record<ErrorKind, string>>;

export type DocumentedError = keyof typeof DOCUMENTED_ERRORS;
