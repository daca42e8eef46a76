/**
 * Asks before a form changes what a file of configuration manages, or what was changed after the form was opened. Works
 * without a script: the form is sent again.
 */
import { pathAndQueryOf } from "../../http/request-url.ts";
import type { DashboardDeps } from "../deps.ts";
import { EVENT_TYPES_CRUMB } from "../event-types/paths.ts";
import type { Crumb } from "../layout.tsx";
import type { PageContext, UserRoute } from "../page-route.ts";
import { renderPage } from "../render.ts";
import { crumbsWithin } from "../webhooks/crumbs.ts";
import { BY_HAND_FIELD, ChangeByHandPage } from "./managed-views.tsx";
import { isOutdated, SaveOverChangePage, SEEN_FIELD, versionOf } from "./seen-version.tsx";

/** Returns the page that asks; null if the form may go on. */
export type AskManaged = (route: UserRoute, context: PageContext) => Promise<Response | null>;

/** An object that a form changes, and the page that leads to it. */
type Found = Readonly<{
  managedBy: "file" | null;
  name: string;
  crumbs: readonly Crumb[];
  /** Null: only one person changes it. */
  version: string | null;
}>;
type Of = Readonly<{ userId: string; params: PageContext["params"] }>;

export function createAskManaged({ useCases }: Pick<DashboardDeps, "useCases">): AskManaged {
  const { webhooks, entrypoints, targets, eventTypes } = useCases;

  async function inWebhook(
    kind: "webhook" | "entrypoint" | "target",
    { userId, params }: Of,
  ): Promise<Found> {
    const { id = "", entrypointId = "", targetId = "" } = params;
    const of = { userId, webhookId: id };
    const webhook = await webhooks.get(of);
    const found =
      kind === "webhook"
        ? webhook
        : kind === "target"
          ? await targets.get({ ...of, targetId })
          : await entrypoints.get({ ...of, entrypointId });
    const { managedBy, name } = found;
    return { managedBy, name, crumbs: crumbsWithin(webhook), version: versionOf(found) };
  }

  async function inCatalogue(kind: "event type" | "event type settings", of: Of): Promise<Found> {
    const { userId, params } = of;
    const both = { crumbs: [EVENT_TYPES_CRUMB], version: null };
    if (kind === "event type")
      return { ...(await eventTypes.get({ userId, id: params.typeId ?? "" })), ...both };
    return { ...(await eventTypes.settingsOf(userId)), name: "what is refused", ...both };
  }

  return async ({ configures: what, trialField }, context) => {
    if (what === undefined) return null;
    const { viewer, params } = context;
    const of = { userId: viewer.id, params };
    const isOfCatalogue = what === "event type" || what === "event type settings";
    const found = await (isOfCatalogue ? inCatalogue(what, of) : inWebhook(what, of));
    const { managedBy, name, crumbs, version } = found;
    const form = await context.form();
    // A trial changes nothing.
    if (trialField !== undefined && form[trialField] !== undefined) return null;
    const action = pathAndQueryOf(context.request.url);
    const asked = { viewer, crumbs, what, name, action, fields: form };
    if (managedBy !== null && form[BY_HAND_FIELD] === undefined) return renderPage(ChangeByHandPage(asked));
    if (version === null || !isOutdated(form[SEEN_FIELD], version)) return null;
    return renderPage(SaveOverChangePage({ ...asked, version, webhookId: params.id ?? "" }));
  };
}
