/** /webhooks/{id}/portal-links and /portal-settings: pages on which a customer manages the targets of a webhook. */
import { z } from "zod";
import { portalLinkPath } from "../../http/portal-path.ts";
import type { StoredPortalSettings } from "../../storage/main-db/portal/portal-links.ts";
import {
  portalLinkInput,
  portalSettingsChange,
  portalSettingsShape,
} from "../../webhooks/portal/portal-inputs.ts";
import { PORTAL_LINK_STATES, type PortalLink } from "../../webhooks/portal/portals.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { time as presentTime } from "../presenters.ts";
import { id, managedBy, time } from "../schema-parts.ts";
import { listOf, webhookPath } from "../schemas.ts";

const tag = "Portal";
const path = "/webhooks/:webhook_id/portal-links";

const linkPath = webhookPath.extend({ link_id: z.string() });

const newLinkSchema = z
  .strictObject({
    id,
    webhook_id: z.string(),
    url: z.url().describe("Opens the portal once. It is not shown again."),
    expires_at: time,
  })
  .meta({ id: "NewPortalLink", description: "A link that opens the portal of one webhook." });

const portalLinkSchema = z
  .strictObject({
    id: id.describe("The audit log names the session as `portal:ID`."),
    webhook_id: z.string(),
    state: z
      .enum(PORTAL_LINK_STATES)
      .describe("stopped: whoever made it is disabled, or no editor of the webhook any more."),
    target_types: z.array(z.string()),
    created_by: z.string().nullable().describe("The username; null if the user is deleted."),
    created_at: time,
    expires_at: time,
  })
  .meta({ id: "PortalLink", description: "A link to the portal of one webhook, or its session." });

const portalSettingsSchema = z
  .strictObject({ ...portalSettingsShape, managed_by: managedBy })
  .meta({ id: "PortalSettings" });

export function portalOperations({ useCases: { portals }, baseUrl }: ApiDeps): readonly Operation[] {
  return [
    operation({
      id: "createPortalLink",
      method: "POST",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Create a link to the webhook's portal",
      description:
        "Whoever opens it first has a session that manages targets of the given types, sees events and attempts, replays, and sends test events, in this webhook only.",
      params: webhookPath,
      body: portalLinkInput,
      emptyBody: portalLinkInput.parse({}),
      success: { status: 201, description: "The link.", schema: newLinkSchema },
      async handle({ caller: { userId }, params, body: input }) {
        const { row, token } = await portals.createLink({ userId, webhookId: params.webhook_id, input });
        const body = {
          id: row.id,
          webhook_id: row.webhookId,
          url: baseUrl + portalLinkPath(token),
          expires_at: presentTime(row.expiresAt),
        };
        return Response.json(body, { status: 201 });
      },
    }),
    operation({
      id: "listPortalLinks",
      method: "GET",
      path,
      tag,
      scope: "webhooks:read",
      role: "editor",
      summary: "List the portal links and sessions of the webhook",
      description: "Those that are not over, the newest first, without their URLs.",
      params: webhookPath,
      success: { status: 200, description: "The links.", schema: listOf(portalLinkSchema) },
      async handle({ caller: { userId }, params }) {
        const links = await portals.listLinks({ userId, webhookId: params.webhook_id });
        return { data: links.map(present), next_cursor: null };
      },
    }),
    operation({
      id: "revokePortalLink",
      method: "DELETE",
      path: `${path}/:link_id`,
      tag,
      scope: "webhooks:write",
      summary: "Revoke a portal link, and the session that it opened",
      params: linkPath,
      success: { status: 204, description: "Revoked." },
      async handle({ caller: { userId }, params }) {
        await portals.endLink({ userId, webhookId: params.webhook_id, linkId: params.link_id });
      },
    }),
    operation({
      id: "revokePortalLinks",
      method: "DELETE",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Revoke every portal link of the webhook, and every session",
      params: webhookPath,
      success: { status: 204, description: "Revoked." },
      async handle({ caller: { userId }, params }) {
        await portals.endAll({ userId, webhookId: params.webhook_id });
      },
    }),
    operation({
      id: "getPortalSettings",
      method: "GET",
      path: "/portal-settings",
      tag,
      scope: "webhooks:read",
      summary: "Read how your portals look",
      success: { status: 200, description: "The settings.", schema: portalSettingsSchema },
      async handle({ caller: { userId } }) {
        return presentSettings(portals.settingsOf(userId));
      },
    }),
    operation({
      id: "changePortalSettings",
      method: "PATCH",
      path: "/portal-settings",
      tag,
      scope: "webhooks:write",
      summary: "Change how your portals look, and which page may frame them",
      description: "Fields that are left out stay unchanged.",
      body: portalSettingsChange,
      success: { status: 200, description: "The updated settings.", schema: portalSettingsSchema },
      async handle({ caller: { userId }, body: input }) {
        return presentSettings(await portals.setSettings({ userId, input }));
      },
    }),
    operation({
      id: "unmanagePortalSettings",
      method: "POST",
      path: "/portal-settings/unmanage",
      tag,
      scope: "webhooks:write",
      summary: "End that a file manages how your portals look",
      description: "Nothing else changes. Applied again, a file that has the settings manages them again.",
      success: { status: 204, description: "No file manages them." },
      async handle({ caller: { userId } }) {
        await portals.unmanage({ userId });
      },
    }),
  ];
}

function present(link: PortalLink): z.infer<typeof portalLinkSchema> {
  return {
    id: link.id,
    webhook_id: link.webhookId,
    state: link.state,
    target_types: [...link.targetTypes],
    created_by: link.username,
    created_at: presentTime(link.createdAt),
    expires_at: presentTime(link.expiresAt),
  };
}

function presentSettings({ managedBy, ...settings }: StoredPortalSettings) {
  return { ...settings, managed_by: managedBy };
}
