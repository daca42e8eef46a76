/** Checks whom a webhook's notices go to: only the user's own targets, and e-mail only where this server sends it. */
import { AppError } from "../../lib/errors.ts";
import type { NoticeSettings } from "../../settings/notice-settings.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { TargetTypes } from "../../targets/registry.ts";
import type { TargetType } from "../../targets/target-type.ts";

type Deps = Readonly<{ mainDb: MainDb; targetTypes: TargetTypes; sendsMail: boolean }>;

/** Throws AppError invalid. */
export function checkNoticeSettings(
  { mainDb, targetTypes, sendsMail }: Deps,
  options: { userId: string; only?: readonly string[] | null; settings: NoticeSettings },
): void {
  const { userId, only = null, settings } = options;
  if (settings.email !== null && !sendsMail) {
    throw invalid("email", "cannot be used, because SMTP_URL is not set on this server");
  }
  if (settings.target_id === null) return;
  const target = mainDb.routing.findTarget(settings.target_id);
  const isOwn = target && !target.deleted && mainDb.webhooks.find(target.webhookId)?.userId === userId;
  if (!isOwn || (only !== null && !only.includes(target.webhookId)))
    throw invalid("target_id", "is not one of your targets");
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
