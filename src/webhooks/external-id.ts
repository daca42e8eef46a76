/** The owner's own id of a webhook, by which the API addresses it as "ext:ID" instead of its id. */
import { z } from "zod";
import { AppError } from "../lib/errors.ts";

const PREFIX = "ext:";

/** Without the characters that end or split a path, so that servers and proxies leave it as it is. */
export const externalId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\x21-\x7e]*$/, "must have printable ASCII characters only, without spaces")
  .regex(/^[^/\\?#%]*$/, "must not contain / \\ ? # or %");

/** Null for the id of a webhook, which never has a colon. */
export function readExternalId(address: string): string | null {
  return address.startsWith(PREFIX) ? address.slice(PREFIX.length) : null;
}

export function externalIdTaken(): AppError {
  return new AppError({
    kind: "conflict",
    code: "external_id_taken",
    message: "The owner has another webhook with this external id.",
    hint: "Choose another one, or change that webhook's first.",
    details: [{ path: "external_id", message: "belongs to another webhook of the owner" }],
  });
}
