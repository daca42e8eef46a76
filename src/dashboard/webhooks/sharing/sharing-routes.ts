/** Routes of a webhook's sharing: who may use it, share it, change roles, leave it, give it away. */
import { AppError, notFound } from "../../../lib/errors.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { type FieldErrors, type FormInput, fieldErrors } from "../../forms.ts";
import { action, type PageContext, type PageRoute, page, sensitive } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import type { SourcesDeps } from "../deps.ts";
import { LIST_PATH, sharingPath } from "../paths.ts";
import { LeavePage, RemoveMemberPage, TransferPage } from "./confirm-views.tsx";
import { SharingPage } from "./sharing-view.tsx";

type Returned = Readonly<{ form: "add" | "transfer"; typed: FormInput; errors: FieldErrors }>;

export function createSharingRoutes({ useCases }: SourcesDeps): readonly PageRoute[] {
  const { members, webhooks } = useCases;

  function ids({ viewer, params }: PageContext) {
    return { userId: viewer.id, webhookId: params.id ?? "", memberId: params.memberId ?? "" };
  }

  async function show(context: PageContext, returned?: Returned): Promise<Response> {
    const { viewer, flash } = context;
    const of = ids(context);
    const [webhook, sharing, teams] = await Promise.all([
      webhooks.get(of),
      members.list(of),
      useCases.teams.list(of),
    ]);
    const teamNames = teams.map(({ name }) => name);
    const markup = SharingPage({ viewer, flash, webhook, sharing, teamNames, returned });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function add(context: PageContext): Promise<Response> {
    const form = await context.form();
    const who = (form.who ?? "").trim();
    const subject = form.kind === "team" ? { team: who } : { username: who };
    try {
      const { name, role } = await members.add({ ...ids(context), input: { ...subject, role: form.role } });
      return done(context, `Shared with ${name} as ${role}.`);
    } catch (error) {
      const { username, team, "": whole, ...others } = fieldErrors(error);
      const fault = username ?? team ?? whole;
      const errors = { ...others, ...(fault !== undefined && { who: fault }) };
      return show(context, { form: "add", typed: form, errors });
    }
  }

  async function setRole(context: PageContext): Promise<Response> {
    const { role } = await context.form();
    const member = await members.setRole({ ...ids(context), input: { role } });
    return done(context, `${member.name} has the role ${member.role} now.`);
  }

  async function remove(context: PageContext): Promise<Response> {
    const of = ids(context);
    const { confirmed } = await context.form();
    if (confirmed !== "yes") {
      const { members: all } = await members.list(of);
      const member = all.find(({ id }) => id === of.memberId);
      if (!member) throw notFound("member");
      const webhook = await webhooks.get(of);
      return renderPage(RemoveMemberPage({ viewer: context.viewer, webhook, member }));
    }
    const { name } = await members.remove(of);
    return done(context, `No longer shared with ${name}.`);
  }

  async function leave(context: PageContext): Promise<Response> {
    const of = ids(context);
    const webhook = await webhooks.get(of);
    const { confirmed } = await context.form();
    if (confirmed !== "yes") return renderPage(LeavePage({ viewer: context.viewer, webhook }));
    return orBack(webhook, async () => {
      await members.leave(of);
      return redirect(LIST_PATH, { tone: "ok", text: `“${webhook.name}” is no longer shared with you.` });
    });
  }

  async function transfer(context: PageContext): Promise<Response> {
    const of = ids(context);
    const webhook = await webhooks.get(of);
    const form = await context.form();
    const username = (form.username ?? "").trim();
    if (form.confirmed !== "yes" && username !== "") {
      return renderPage(TransferPage({ viewer: context.viewer, webhook, username }));
    }
    try {
      await members.transfer({ ...of, input: { username } });
      return done(context, `${username} is the owner now.`);
    } catch (error) {
      return show(context, { form: "transfer", typed: form, errors: fieldErrors(error) });
    }
  }

  return [
    page("/source/:id/sharing", (context) => show(context)),
    sensitive(action("/source/:id/sharing", add, "owner")),
    action("/source/:id/sharing/leave", leave, "viewer"),
    sensitive(action("/source/:id/sharing/transfer", transfer, "owner")),
    sensitive(action("/source/:id/sharing/:memberId/role", setRole, "owner")),
    action("/source/:id/sharing/:memberId/remove", remove, "owner"),
  ];
}

function done({ params }: PageContext, text: string): Response {
  return redirect(sharingPath(params.id ?? ""), { tone: "ok", text });
}

/** Says on the webhook's page why it cannot be left. */
async function orBack({ id }: Webhook, act: () => Promise<Response>): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== "conflict") throw error;
    return redirect(sharingPath(id), { tone: "bad", text: `${error.message} ${error.hint ?? ""}`.trim() });
  }
}
