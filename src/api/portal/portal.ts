/** /webhooks/{id}/portal-links and /portal-settings: pages on which a customer manages the targets of a webhook. */
import { z } from "zod";
import { PORTAL_PATH } from "../../http/portal-path.ts";
import { portalLinkInput, portalSettingsChange, portalSettingsShape } from "../../webhooks/portal/portals.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { time as presentTime } from "../presenters.ts";
import { id, time } from "../schema-parts.ts";
import { webhookPath } from "../schemas.ts";

const tag = "Portal";
const path = "/webhooks/:webhook_id/portal-links";

const portalLinkSchema = z
  .strictObject({
    id,
    webhook_id: z.string(),
    url: z.url().describe("Opens the portal once. It is not shown again."),
    expires_at: time,
  })
  .meta({ id: "PortalLink", description: "A link that opens the portal of one webhook." });

const portalSettingsSchema = z.strictObject(portalSettingsShape).meta({ id: "PortalSettings" });

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
      success: { status: 201, description: "The link.", schema: portalLinkSchema },
      async handle({ caller: { userId }, params, body: input }) {
        const { row, token } = await portals.createLink({ userId, webhookId: params.webhook_id, input });
        const body = {
          id: row.id,
          webhook_id: row.webhookId,
          url: `${baseUrl}${PORTAL_PATH}/open?token=${token}`,
          expires_at: presentTime(row.expiresAt),
        };
        return Response.json(body, { status: 201 });
      },
    }),
    operation({
      id: "endPortalLinks",
      method: "DELETE",
      path,
      tag,
      scope: "webhooks:write",
      summary: "End every portal link of the webhook, and every session",
      params: webhookPath,
      success: { status: 204, description: "Ended." },
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
        return portals.settingsOf(userId);
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
        return portals.setSettings({ userId, input });
      },
    }),
  ];
}
