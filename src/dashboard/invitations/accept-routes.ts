/** The page behind the link of an invitation. Only its forms accept, so that no program that follows links does. */
import { AppError } from "../../lib/errors.ts";
import { INVITATION_PATH } from "../../webhooks/people/invitations/invitation-deps.ts";
import type { DashboardDeps } from "../deps.ts";
import { attachFlash } from "../flash.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { type OpenContext, openAction, openPage, type PageRoute } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { createBeginSession } from "../session/begin-session.ts";
import { createDeviceCookie } from "../session/device-cookie.ts";
import type { SessionCookie } from "../session/session-cookie.ts";
import { webhookPath } from "../webhooks/paths.ts";
import { acceptView } from "./accept-view.tsx";

type Deps = DashboardDeps & Readonly<{ cookie: SessionCookie }>;

type Returned = Readonly<{ typed: FormInput; errors: FieldErrors }>;

const ACCEPTED = "You have accepted the invitation.";
const MAX_USERNAME_LENGTH = 200;

export function createAcceptRoutes(deps: Deps): readonly PageRoute[] {
  const { invitations } = deps;
  const begin = createBeginSession({ ...deps, device: createDeviceCookie(deps) });

  async function show(context: OpenContext, token: string, returned?: Returned): Promise<Response> {
    const { viewer, flash } = context;
    const offer = invitations.find(token);
    const { typed = {}, errors = NO_ERRORS } = returned ?? {};
    const markup = acceptView({ viewer, flash, token, offer, typed, errors });
    return renderPage(markup, { status: offer === null ? 410 : returned ? 422 : 200 });
  }

  async function accept(context: OpenContext): Promise<Response> {
    const form = await context.form();
    const { token = "" } = form;
    try {
      return form.as === "own" ? await acceptAsViewer(context, token) : await acceptAsNew(context, form);
    } catch (error) {
      if (!(error instanceof AppError) || (error.kind !== "gone" && error.kind !== "conflict")) throw error;
      context.audit.refuse(error.code);
      return show(context, token);
    }
  }

  async function acceptAsViewer({ viewer }: OpenContext, token: string): Promise<Response> {
    // The session ended after the page was drawn: it says so, and asks for a sign-in.
    if (viewer === null) return redirect(`${INVITATION_PATH}?token=${encodeURIComponent(token)}`);
    const { webhookId } = await invitations.acceptAs({ token, userId: viewer.id });
    return redirect(webhookId === null ? "/sources" : webhookPath(webhookId), { tone: "ok", text: ACCEPTED });
  }

  async function acceptAsNew(context: OpenContext, form: FormInput): Promise<Response> {
    const { token = "", password = "" } = form;
    const username = (form.username ?? "").trim().slice(0, MAX_USERNAME_LENGTH);
    try {
      const accepted = await invitations.acceptAsNew({ token, username, password });
      const { userId: id, webhookId } = accepted;
      const next = webhookId === null ? undefined : webhookPath(webhookId);
      const response = await begin(context, { user: { id, username: accepted.username }, next });
      attachFlash(response, { tone: "ok", text: ACCEPTED });
      return response;
    } catch (error) {
      const { "": whole, ...errors } = fieldErrors(error);
      // A name that is taken is a fault of the field.
      const faults = whole === undefined ? errors : { ...errors, username: whole };
      return show(context, token, { typed: form, errors: faults });
    }
  }

  return [
    openPage(INVITATION_PATH, (context) => show(context, context.query.get("token") ?? "")),
    openAction(INVITATION_PATH, accept),
  ];
}
