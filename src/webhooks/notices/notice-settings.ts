/**
 * Checks whom a webhook's notices go to: only targets of its owner that the user may change, and e-mail only where this
 * server sends it.
 */
import { AppError } from "../../lib/errors.ts";
import type { NoticeSettings } from "../../settings/notice-settings.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { TargetTypes } from "../../targets/registry.ts";
import type { TargetType } from "../../targets/target-type.ts";
import { findAccess, includesRole } from "../people/roles.ts";

type Deps = Readonly<{ mainDb: MainDb; targetTypes: TargetTypes; sendsMail: boolean }>;

/** Throws AppError invalid. */
export function checkNoticeSettings(
  { mainDb, targetTypes, sendsMail }: Deps,
  options: {
    userId: string;
    /** The webhooks that an API key is limited to; null: all of the user's. */
    only?: readonly string[] | null;
    /** Owner of the webhook whose notices these are. */
    ownerId: string;
    settings: NoticeSettings;
    /** The stored settings, whose target may stay. */
    before: NoticeSettings | null;
  },
): void {
  const { userId, only = null, ownerId, settings, before } = options;
  if (settings.email !== null && !sendsMail) {
    throw invalid("email", "cannot be used, because SMTP_URL is not set on this server");
  }
  if (settings.target_id === null || settings.target_id === before?.target_id) return;
  const target = mainDb.routing.findTarget(settings.target_id);
  const access = target && !target.deleted && findAccess(mainDb, { userId, webhookId: target.webhookId });
  const isOpen = access && access.userId === ownerId && includesRole(access.role, "editor");
  if (!isOpen || (only !== null && !only.includes(access.id))) {
    throw invalid("target_id", "is not one of your targets");
  }
  if (!sendsNotices(targetTypes.find(target.type))) {
    throw invalid("target_id", "must be a target of a type that sends events");
  }
}

/** False for a type that sends nothing, or only what somebody fetches. */
export function sendsNotices(type: TargetType | null): boolean {
  return type !== null && !type.settlesAtIngest && type.roomFor === undefined;
}

function invalid(field: string, message: string): AppError {
  return new AppError({
    kind: "invalid",
    message: "The webhook is not valid.",
    details: [{ path: `notices.${field}`, message }],
  });
}
