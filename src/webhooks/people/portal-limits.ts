/** Limits what a portal link may do with targets: their types, and the fields of its input. */
import { AppError } from "../../lib/errors.ts";
import type { InWebhook } from "./roles.ts";

/** Code, policies and secrets of one's choice stay with the members of the webhook. */
const FIELDS = new Set(["name", "type", "config", "active", "event_types"]);

/** Whether the asker sees targets of that type at all. */
export function isInPortal({ portal }: Pick<InWebhook, "portal">, type: string): boolean {
  return portal === undefined || portal.targetTypes.includes(type);
}

/** Throws AppError `forbidden`. */
export function refuseBeyondPortal(of: Pick<InWebhook, "portal">, input: unknown, type: string): void {
  if (of.portal === undefined) return;
  const fields = typeof input === "object" && input !== null ? Object.keys(input) : [];
  if (isInPortal(of, type) && fields.every((field) => FIELDS.has(field))) return;
  throw new AppError({
    kind: "forbidden",
    code: "beyond_portal",
    message: "A portal link does not allow targets of this type, or one of these settings.",
  });
}
