/** The gate to webhooks: what a user may do with one, by the role that they have on it. */
import { AppError, notFound } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import { WEBHOOK_ROLES, type WebhookRole } from "../../storage/main-db/people/members.ts";
import type { WebhookRow } from "../../storage/main-db/tables.ts";

export type { WebhookRole } from "../../storage/main-db/people/members.ts";
export { WEBHOOK_ROLES } from "../../storage/main-db/people/members.ts";

export type InWebhook = Readonly<{
  userId: string;
  webhookId: string;
  /** Set if a portal link acts for the user: it narrows what the user may do, and never widens it. */
  portal?: Portal | undefined;
}>;

/** Limits of a portal link. */
export type Portal = Readonly<{
  webhookId: string;
  /** Types of the targets that it shows and manages. */
  targetTypes: readonly string[];
}>;

type AccessDb = Pick<MainDb, "webhooks" | "members">;

export type WebhookAccess = WebhookRow & Readonly<{ role: WebhookRole }>;

/** Whether a role may do what another one may. */
export function includesRole(role: WebhookRole, need: WebhookRole): boolean {
  return WEBHOOK_ROLES.indexOf(role) >= WEBHOOK_ROLES.indexOf(need);
}

/** Returns the highest of roles; null if there is none. */
export function highestRole(roles: readonly WebhookRole[]): WebhookRole | null {
  return WEBHOOK_ROLES.findLast((role) => roles.includes(role)) ?? null;
}

/** Returns the webhook with the user's role; null if the webhook is unknown, or the user has nothing to do with it. */
export function findAccess(mainDb: AccessDb, of: InWebhook): WebhookAccess | null {
  const { userId, webhookId, portal } = of;
  if (portal !== undefined && portal.webhookId !== webhookId) return null;
  const row = mainDb.webhooks.find(webhookId);
  if (row === null) return null;
  const role = row.userId === userId ? "owner" : highestRole(mainDb.members.listRoles({ userId, webhookId }));
  return role && { ...row, role };
}

/**
 * Throws AppError `not_found` for strangers, and `forbidden` for members whose role is not enough. A portal link may do
 * nothing unless the use case says so by `portal`.
 */
export function requireRole(
  mainDb: AccessDb,
  of: InWebhook,
  need: WebhookRole,
  { portal: isForPortal = false }: { portal?: boolean } = {},
): WebhookAccess {
  if (of.portal !== undefined && !isForPortal) throw portalMayNot();
  const access = findAccess(mainDb, of);
  if (access === null) throw notFound("webhook");
  if (!includesRole(access.role, need)) throw roleMissing(access.role, need);
  return access;
}

function portalMayNot(): AppError {
  return new AppError({
    kind: "forbidden",
    code: "beyond_portal",
    message: "A portal link does not allow this.",
  });
}

function roleMissing(role: WebhookRole, need: WebhookRole): AppError {
  return new AppError({
    kind: "forbidden",
    code: "role_missing",
    message: `This needs the role ${need} on this webhook.`,
    hint: `Yours is ${role}. Ask an owner of the webhook to change it.`,
  });
}
