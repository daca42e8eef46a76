/** Names what a request asked for by its route: "POST /source/:id/targets/:targetId/pause" is "target.pause". */

export type AskedAction = Readonly<{ action: string; objectId: string | null; webhookId: string | null }>;

type Route = Readonly<{
  method: string;
  route: string;
  params: Readonly<Record<string, string>> | undefined;
}>;

/** Collections whose singular is not the plural without its "s", and words that the dashboard uses for others. */
const SINGULARS: Readonly<Record<string, string>> = {
  source: "webhook",
  sources: "webhook",
  "api-keys": "api_key",
  rejected: "rejected_request",
  server: "server",
  queries: "query",
  notices: "notice",
};
const VERBS: Readonly<Record<string, string>> = { POST: "create", PATCH: "update", DELETE: "delete" };
const SAME_VERBS: Readonly<Record<string, string>> = {
  new: "create",
  edit: "update",
  toggle: "update",
  verification: "update",
  password: "update",
};
const WHOLE_ROUTES: Readonly<Record<string, string>> = {
  "/pages/login": "session.create",
  "/pages/first-sign-in": "session.create",
  "/pages/login/code": "session.create",
  "/pages/login/passkey": "session.create",
  "/pages/login/oidc/callback": "session.create",
  "/pages/logout": "session.end",
  "/api/v1/config": "config.apply",
  "/api/v1/portal-settings": "portal.update",
  "/source/:id/portal": "portal.update",
  "/source/:id/portal/unmanage": "portal.unmanage",
  "/api/v1/portal-settings/unmanage": "portal.unmanage",
  "/source/:id/portal-links/preview": "portal_link.create",
  "/invitation": "invitation.accept",
  "/pages/forgot-password": "user.password_link",
  "/pages/reset-password": "user.update",
  "/pages/confirm-email": "user.update",
  "/profile/email": "user.email_link",
  "/profile/email/remove": "user.update",
  "/profile/password": "user.update",
  "/profile/look": "session.update",
  "/profile/second-factor": "user.update",
  "/profile/second-factor/off": "user.update",
  "/profile/second-factor/codes": "user.update",
  "/admin/users/:userId/second-factor/reset": "user.update",
  "/profile/single-sign-on": "identity.create",
  "/profile/single-sign-on/:identityId/remove": "identity.delete",
  "/admin/users/:userId/sign-out": "session.end",
  "/profile/sessions/end-others": "session.end",
  "/source/:id/notices": "webhook.update",
  "/source/:id/sql": "webhook.query",
  "/source/:id/lost-events/dismiss": "webhook.update",
  "/source/:id/targets/:targetId/signing/rotate": "target.update",
  "/api/v1/webhooks/:webhook_id/targets/:target_id/signing/rotate": "target.update",
};
/** Parts of paths that name no object. */
const FRAMES = new Set(["api", "v1", "profile", "admin", "pages", "portal"]);
const MAX_ID_LENGTH = 100;

export function nameAction({ method, route, params = {} }: Route): AskedAction {
  const parts = route.split("/").filter((part) => part !== "" && !FRAMES.has(part));
  const ids = Object.values(params);
  const objectId = ids.at(-1)?.slice(0, MAX_ID_LENGTH) ?? null;
  const isInWebhook = /^\/(?:source|portal|api\/v1\/webhooks)\/:/.test(route);
  const webhookId = isInWebhook ? (ids[0]?.slice(0, MAX_ID_LENGTH) ?? null) : null;
  return { action: WHOLE_ROUTES[route] ?? actionOf(method, parts), objectId, webhookId };
}

function actionOf(method: string, parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  const isObject = last.startsWith(":");
  const collections = parts.filter((_, index) => parts[index + 1]?.startsWith(":"));
  if (isObject) return `${singular(collections.at(-1))}.${VERBS[method] ?? "read"}`;
  const isCollection = last.endsWith("s") && (collections.length === 0 || parts.at(-2)?.startsWith(":"));
  if (isCollection) return `${singular(last)}.${VERBS[method] ?? "read"}`;
  const kind = parts.at(-2)?.startsWith(":") === true ? collections.at(-1) : (parts.at(-2) ?? "server");
  return `${singular(kind)}.${SAME_VERBS[last] ?? last.replaceAll("-", "_")}`;
}

function singular(collection = "server"): string {
  return SINGULARS[collection] ?? collection.replace(/s$/, "").replaceAll("-", "_");
}
