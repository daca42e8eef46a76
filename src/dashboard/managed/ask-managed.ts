/** Asks before a form changes what a file of configuration manages. Works without a script: the form is sent again. */
import { pathAndQueryOf } from "../../http/request-url.ts";
import type { DashboardDeps } from "../deps.ts";
import type { PageContext, UserRoute } from "../page-route.ts";
import { renderPage } from "../render.ts";
import { BY_HAND_FIELD, ChangeByHandPage } from "./managed-views.tsx";

/** Returns the page that asks; null if the form may go on. */
export type AskManaged = (route: UserRoute, context: PageContext) => Promise<Response | null>;

export function createAskManaged({ useCases }: Pick<DashboardDeps, "useCases">): AskManaged {
  const { webhooks, entrypoints, targets } = useCases;

  return async (route, context) => {
    if (route.configures === undefined) return null;
    const { viewer, params } = context;
    const { id = "", entrypointId = "", targetId = "" } = params;
    const of = { userId: viewer.id, webhookId: id };
    const webhook = await webhooks.get(of);
    const { configures: what } = route;
    const object =
      what === "webhook"
        ? webhook
        : what === "target"
          ? await targets.get({ ...of, targetId })
          : await entrypoints.get({ ...of, entrypointId });
    if (object.managedBy === null) return null;
    const form = await context.form();
    // A trial changes nothing.
    const isTrial = route.trialField !== undefined && form[route.trialField] !== undefined;
    if (isTrial || form[BY_HAND_FIELD] !== undefined) return null;
    const action = pathAndQueryOf(context.request.url);
    return renderPage(ChangeByHandPage({ viewer, webhook, what, name: object.name, action, fields: form }));
  };
}
