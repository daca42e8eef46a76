/** Routes of those who invite: administrators to the server, owners to their webhooks. */
import { AppError } from "../../lib/errors.ts";
import type { Place, Sent } from "../../webhooks/people/invitations/send-invitations.ts";
import { WEBHOOK_ROLES } from "../../webhooks/people/roles.ts";
import type { DashboardDeps } from "../deps.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import {
  action,
  adminAction,
  adminPage,
  type PageContext,
  type PageRoute,
  page,
  sensitive,
} from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import type { Reveals } from "../reveals.ts";
import type { InvitationListProps } from "./invitation-list.tsx";
import { ServerInvitationsPage, WebhookInvitationsPage } from "./invitation-pages.tsx";
import { SERVER_INVITATIONS, webhookInvitationsPath } from "./paths.ts";

type Deps = Pick<DashboardDeps, "invitations" | "useCases" | "config"> & Readonly<{ reveals: Reveals }>;

type Returned = Readonly<{ typed: FormInput; errors: FieldErrors }>;

/** Where people are invited to, as its pages see it. */
type Frame = Readonly<{
  placeOf: (context: PageContext) => Place;
  pathOf: (context: PageContext) => string;
  draw: (context: PageContext, list: Omit<InvitationListProps, "fields">) => Promise<JSX.Element>;
}>;

export function createInvitationRoutes(deps: Deps): readonly PageRoute[] {
  const { webhooks, teams } = deps.useCases;
  const ofServer = createActions(deps, {
    placeOf: ({ viewer }) => ({ userId: viewer.id, webhookId: null }),
    pathOf: () => SERVER_INVITATIONS,
    async draw({ viewer, flash }, list) {
      const teamNames = (await teams.list({ userId: viewer.id })).map(({ name }) => name);
      return ServerInvitationsPage({ viewer, flash, list, teamNames });
    },
  });
  const webhookIdOf = ({ params }: PageContext) => params.id ?? "";
  const ofWebhook = createActions(deps, {
    placeOf: (context) => ({ userId: context.viewer.id, webhookId: webhookIdOf(context) }),
    pathOf: (context) => webhookInvitationsPath(webhookIdOf(context)),
    async draw(context, list) {
      const { viewer, flash } = context;
      const webhook = await webhooks.get({ userId: viewer.id, webhookId: webhookIdOf(context) });
      return WebhookInvitationsPage({ viewer, flash, webhook, list, roles: WEBHOOK_ROLES });
    },
  });
  const path = "/source/:id/sharing/invitations";
  return [
    adminPage(SERVER_INVITATIONS, (context) => ofServer.show(context)),
    sensitive(adminAction(SERVER_INVITATIONS, ofServer.invite)),
    sensitive(adminAction(`${SERVER_INVITATIONS}/:invitationId/renew`, ofServer.renew)),
    adminAction(`${SERVER_INVITATIONS}/:invitationId/revoke`, ofServer.revoke),
    page(path, (context) => ofWebhook.show(context), "owner"),
    sensitive(action(path, ofWebhook.invite, "owner")),
    sensitive(action(`${path}/:invitationId/renew`, ofWebhook.renew, "owner")),
    action(`${path}/:invitationId/revoke`, ofWebhook.revoke, "owner"),
  ];
}

function createActions({ invitations, config, reveals }: Deps, { placeOf, pathOf, draw }: Frame) {
  async function show(context: PageContext, returned?: Returned): Promise<Response> {
    const { sessionId, query } = context;
    const markup = await draw(context, {
      path: pathOf(context),
      invitations: await invitations.list(placeOf(context)),
      sendsMail: config.mail !== null,
      newLink: returned ? null : reveals.take({ sessionId, key: query.get("made") }),
      typed: returned?.typed ?? {},
      errors: returned?.errors ?? NO_ERRORS,
    });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  /** The link is shown where it was not sent. */
  function showSent(context: PageContext, { invitation, link, isMailRefused }: Sent): Response {
    const path = pathOf(context);
    if (link === null) {
      return redirect(path, { tone: "ok", text: `The invitation went to ${invitation.email ?? ""}.` });
    }
    const made = reveals.keep({ sessionId: context.sessionId, text: link });
    const refused = "The mail server did not take the e-mail. Hand on the link yourself, or try again later.";
    return redirect(`${path}?made=${made}`, isMailRefused ? { tone: "bad", text: refused } : undefined);
  }

  /** Says on the page itself that its reader has to wait. */
  async function orWait(context: PageContext, act: () => Promise<Response>): Promise<Response> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== "rate_limited") throw error;
      return redirect(pathOf(context), { tone: "bad", text: `${error.message} ${error.hint ?? ""}`.trim() });
    }
  }

  async function invite(context: PageContext): Promise<Response> {
    const form = await context.form();
    const { email, name, role, team } = form;
    const orNull = (text = "") => (text.trim() === "" ? null : text.trim());
    const who = { email: orNull(email), name: orNull(name), role };
    const place = placeOf(context);
    const input = place.webhookId === null ? { ...who, team: orNull(team) } : who;
    return orWait(context, async () => {
      try {
        return showSent(context, await invitations.create({ ...place, input }));
      } catch (error) {
        return show(context, { typed: form, errors: fieldErrors(error) });
      }
    });
  }

  function inPlace(context: PageContext) {
    return { ...placeOf(context), invitationId: context.params.invitationId ?? "" };
  }

  function renew(context: PageContext): Promise<Response> {
    return orWait(context, async () => showSent(context, await invitations.renew(inPlace(context))));
  }

  async function revoke(context: PageContext): Promise<Response> {
    await invitations.revoke(inPlace(context));
    return redirect(pathOf(context), { tone: "ok", text: "The invitation is revoked." });
  }

  return { show, invite, renew, revoke };
}
