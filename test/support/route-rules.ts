/** Who may use which registered route. A route that is in none of these lists fails the tests. */
import { WEBHOOK_ROLES, type WebhookRole } from "../../src/webhooks/people/roles.ts";
import type { RegisteredRoute } from "./registered-routes.ts";

/** Public routes. */
const OPEN = [
  /^GET \/$/,
  /^(GET|POST) \/pages\/login(\/code|\/passkey|\/oidc(\/callback)?)?$/,
  /^POST \/pages\/logout$/,
  /^(GET|POST) \/pages\/(first-sign-in|forgot-password|reset-password|confirm-email)$/,
  /^(GET|POST) \/invitation$/,
  /^GET \/assets\//,
  /^GET \/docs(\/:chapter)?$/,
  /^GET \/(\.well-known\/healthcheck|livez|readyz)$/,
  /^[A-Z]+ \/webhook\/:entrypointId(\/\*)?$/,
  /^GET \/api\/v1\/(?:openapi|config\.schema)\.json$/,
];
/** Protected by a password of its own. */
const OPERATORS = [/^GET \/metrics$/];
/** Routes about the user who asks, without an id of anything. */
export const OWN: ReadonlySet<string> = new Set([
  ...["GET /sources", "GET /sources/new", "POST /sources/new", "GET /sources/import", "POST /sources/import"],
  ...["GET /find", "GET /sources/live"],
  ...["GET /profile", "POST /profile/password", "POST /profile/api-keys", "POST /profile/look"],
  ...["POST /profile/sessions/end-others", "GET /profile/audit", "GET /profile/audit/download"],
  ...["GET /event-types", "GET /event-types/new", "POST /event-types", "POST /event-types/settings"],
  ...["GET /api/v1/event-types", "POST /api/v1/event-types"],
  ...["GET /api/v1/portal-settings", "PATCH /api/v1/portal-settings"],
  ...["GET /api/v1/event-type-settings", "PATCH /api/v1/event-type-settings"],
  ...["POST /event-types/unmanage", "POST /api/v1/event-types/unmanage"],
  "POST /api/v1/portal-settings/unmanage",
  ...["POST /profile/email", "POST /profile/email/remove"],
  ...["GET /problems", "GET /api/v1/problems"],
  ...["GET /profile/second-factor", "POST /profile/second-factor"],
  ...["GET /profile/single-sign-on", "POST /profile/single-sign-on", "GET /profile/single-sign-on/verify"],
  ...["GET /profile/passkeys", "POST /profile/passkeys"],
  ...["POST /profile/second-factor/codes", "POST /profile/second-factor/off"],
  ...["GET /api/v1/me", "GET /api/v1/webhooks", "POST /api/v1/webhooks"],
  ...["GET /api/v1/audit", "GET /api/v1/audit/export"],
  ...["POST /api/v1/webhooks/import", "GET /api/v1/config", "PUT /api/v1/config"],
  ...["GET /api/v1/api-keys", "POST /api/v1/api-keys", "GET /api/v1/teams"],
]);
const ADMIN = /^(?:(?:GET|POST) \/admin(?:\/|$)|POST \/api\/v1\/teams$|(?:GET|POST) \/api\/v1\/invitations$)/;

/** Routes within a webhook by the least role that may use them, relative to /source/:id or /api/v1/webhooks/:webhook_id. */
const PAGES: Readonly<Record<WebhookRole, readonly string[]>> = {
  viewer: [
    ...["GET ", "GET /live", "GET /sharing", "POST /sharing/leave"],
    ...["GET /logs", "GET /logs/live", "GET /logs/histogram", "GET /targets/:targetId"],
    ...["POST /filters", "POST /filters/:filterId/delete"],
    ...["GET /events/:eventId", "GET /events/:eventId/body", "GET /events/:eventId/value", "GET /compare"],
    ...["GET /events/:eventId/results/:resultId/body", "GET /events/:eventId/results/:resultId/sent"],
    ...["GET /replays", "GET /rejected", "GET /rejected/:rejectedId", "GET /rejected/:rejectedId/body"],
  ],
  replayer: [
    ...["POST /events/:eventId/replay", "GET /replays/new", "POST /replays"],
    ...["POST /replays/:replayId/pause", "POST /replays/:replayId/resume", "POST /replays/:replayId/cancel"],
    ...["POST /replays/:replayId/targets/:targetId/remove", "POST /rejected/verify"],
    ...["POST /targets/:targetId/pause", "POST /targets/:targetId/resume", "POST /targets/:targetId/release"],
    "POST /targets/:targetId/reset-circuit",
    ...["GET /targets/:targetId/discard-held", "POST /targets/:targetId/discard-held"],
  ],
  editor: [
    ...["GET /edit", "POST /edit", "POST /lost-events/dismiss", "POST /unmanage", "GET /download"],
    ...["GET /sql", "POST /sql", "POST /queries", "POST /queries/:queryId/delete"],
    ...["GET /notices", "POST /notices", "POST /notices/test"],
    ...[
      "POST /entrypoints",
      "POST /entrypoints/:entrypointId/toggle",
      "POST /entrypoints/:entrypointId/test",
    ],
    ...["GET /entrypoints/:entrypointId/edit", "POST /entrypoints/:entrypointId/edit"],
    ...["GET /entrypoints/:entrypointId/delete", "POST /entrypoints/:entrypointId/delete"],
    ...["GET /entrypoints/:entrypointId/verification", "POST /entrypoints/:entrypointId/verification"],
    ...[
      "GET /targets/new",
      "POST /targets",
      "POST /targets/:targetId/toggle",
      "POST /targets/:targetId/test",
    ],
    ...["GET /targets/:targetId/edit", "POST /targets/:targetId/edit"],
    ...["GET /targets/:targetId/delete", "POST /targets/:targetId/delete"],
    ...["GET /targets/:targetId/signing", "POST /targets/:targetId/signing/rotate"],
    ...["GET /events/:eventId/copy", "POST /rejected/delete", "GET /send", "POST /send"],
    ...["GET /portal", "POST /portal-links", "POST /portal-links/preview", "POST /portal-links/revoke"],
    "POST /portal-links/:linkId/revoke",
  ],
  owner: [
    ...["GET /delete", "POST /delete", "POST /sharing", "POST /sharing/transfer"],
    ...["POST /sharing/:memberId/role", "POST /sharing/:memberId/remove"],
    ...["GET /sharing/invitations", "POST /sharing/invitations"],
    ...["POST /portal", "POST /portal/unmanage"],
    ...["POST /sharing/invitations/:invitationId/renew", "POST /sharing/invitations/:invitationId/revoke"],
  ],
};
const OPERATIONS: Readonly<Record<WebhookRole, readonly string[]>> = {
  viewer: [
    ...["GET ", "GET /members", "POST /leave"],
    ...["GET /entrypoints", "GET /entrypoints/:entrypoint_id"],
    ...["GET /targets", "GET /targets/:target_id", "GET /targets/:target_id/transformations"],
    "GET /targets/:target_id/numbers",
    ...["GET /events", "GET /events/:event_id", "GET /events/:event_id/body"],
    ...["GET /events/:event_id/results/:result_id/sent", "GET /events/:event_id/deliveries"],
    ...["GET /rejected", "GET /rejected/:rejected_id", "GET /rejected/:rejected_id/body"],
    ...["GET /replays", "GET /replays/:replay_id"],
  ],
  replayer: [
    ...["POST /events/:event_id/replay", "POST /rejected/verify", "POST /replays"],
    ...["POST /replays/:replay_id/pause", "POST /replays/:replay_id/resume"],
    ...["POST /replays/:replay_id/cancel", "POST /replays/:replay_id/targets/:target_id/remove"],
    ...["POST /targets/:target_id/pause", "POST /targets/:target_id/resume"],
    ...["POST /targets/:target_id/release", "POST /targets/:target_id/discard-held"],
    ...["POST /targets/:target_id/reset-circuit", "POST /targets/:target_id/pull"],
  ],
  editor: [
    ...["PATCH ", "POST /notices/test", "POST /unmanage", "GET /export"],
    ...["POST /entrypoints", "PATCH /entrypoints/:entrypoint_id", "DELETE /entrypoints/:entrypoint_id"],
    ...["POST /entrypoints/:entrypoint_id/activate", "POST /entrypoints/:entrypoint_id/deactivate"],
    "POST /entrypoints/:entrypoint_id/verification/test",
    ...["POST /targets", "PATCH /targets/:target_id", "DELETE /targets/:target_id"],
    ...["POST /targets/:target_id/activate", "POST /targets/:target_id/deactivate"],
    ...["POST /targets/:target_id/try", "POST /targets/:target_id/signing/rotate"],
    ...["POST /rejected/delete", "DELETE /rejected/:rejected_id"],
    ...["POST /events", "POST /events/batch", "POST /query"],
    ...["GET /portal-links", "POST /portal-links", "DELETE /portal-links", "DELETE /portal-links/:link_id"],
  ],
  owner: [
    ...["DELETE ", "POST /transfer", "POST /members"],
    ...["PATCH /members/:member_id", "DELETE /members/:member_id"],
    ...["GET /invitations", "POST /invitations", "POST /invitations/:invitation_id/renew"],
    "DELETE /invitations/:invitation_id",
  ],
};

/** Pages of a portal are for the session of its link, and for no user. */
const PORTAL = /^[A-Z]+ \/portal\//;

export type Rule = "portal" | "open" | "operators" | "own" | "admin" | "owned" | WebhookRole | "unknown";

const IN_WEBHOOK = /^(\/source\/:id|\/api\/v1\/webhooks\/:webhook_id)(\/.*)?$/;

export function nameOf({ method, path }: RegisteredRoute): string {
  return `${method} ${path}`;
}

/** "owned": about an object of one user, or of administrators, outside webhooks. */
export function ruleOf(route: RegisteredRoute): Rule {
  const { method, path } = route;
  const name = nameOf(route);
  if (OPEN.some((pattern) => pattern.test(name))) return "open";
  if (PORTAL.test(name)) return "portal";
  if (OPERATORS.some((pattern) => pattern.test(name))) return "operators";
  if (OWN.has(name)) return "own";
  if (ADMIN.test(name)) return "admin";
  const [, base, rest = ""] = IN_WEBHOOK.exec(path) ?? [];
  if (base === undefined) return path.includes(":") ? "owned" : "unknown";
  const table = base.startsWith("/source") ? PAGES : OPERATIONS;
  return WEBHOOK_ROLES.find((role) => table[role].includes(`${method} ${rest}`)) ?? "unknown";
}

/** Rows of the tables that are no registered route. */
export function strayRules(routes: readonly RegisteredRoute[]): readonly string[] {
  const names = new Set(routes.map(nameOf));
  const within = (base: string, table: typeof PAGES) =>
    Object.values(table)
      .flat()
      .map((row) => row.replace(" ", ` ${base}`));
  const all = [
    ...OWN,
    ...within("/source/:id", PAGES),
    ...within("/api/v1/webhooks/:webhook_id", OPERATIONS),
  ];
  return all.filter((name) => !names.has(name));
}
