/** Routes of the profile: password, sessions and API keys. */

import { describeWait } from "../../auth/sign-in-limiter.ts";
import { notFound } from "../../lib/errors.ts";
import type { KeyActions } from "../api-keys/keys.ts";
import { revokeKeyView } from "../api-keys/revoke-view.tsx";
import type { DashboardDeps } from "../deps.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { toLook, writeLook } from "../look.ts";
import { action, type PageContext, type PageRoute, page, sensitive } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import type { Reveals } from "../reveals.ts";
import type { SessionCookie } from "../session/session-cookie.ts";
import { createEmailRoutes } from "./email-routes.ts";
import { createIdentityRoutes } from "./identity-routes.ts";
import { createPasskeyRoutes } from "./passkey-routes.ts";
import { createSecondFactorRoutes } from "./second-factor-routes.ts";
import { profileView } from "./views.tsx";

type Deps = Pick<
  DashboardDeps,
  | "users"
  | "sessions"
  | "secondFactors"
  | "passkeys"
  | "identities"
  | "singleSignOn"
  | "signInLimiter"
  | "config"
  | "userEmails"
> &
  Readonly<{ keys: KeyActions; cookie: SessionCookie; reveals: Reveals }>;

type Faults = Readonly<{
  password?: FieldErrors;
  apiKey?: FieldErrors;
  email?: FieldErrors;
  typed?: FormInput;
}>;

const PROFILE = "/profile";

export function createProfileRoutes(deps: Deps): readonly PageRoute[] {
  const { users, sessions, keys, cookie, reveals } = deps;

  async function show(context: PageContext, faults: Faults | null): Promise<Response> {
    const { viewer, flash, sessionId, query } = context;
    const view = profileView({
      viewer,
      flash,
      sessionId,
      sessions: sessions.list({ userId: viewer.id }),
      hasPassword: users.find(viewer.id)?.hasPassword === true,
      provider: deps.singleSignOn?.name ?? null,
      identityCount: deps.identities.list(viewer.id).length,
      email: deps.userEmails.isPossible ? { confirmed: deps.userEmails.find(viewer.id) } : null,
      emailErrors: faults?.email ?? NO_ERRORS,
      passkeyCount: deps.passkeys.list(viewer.id).length,
      secondFactor: deps.secondFactors.find(viewer.id),
      sessionLimits: deps.config.sessions,
      apiKeys: await keys.list(viewer.id),
      newToken: faults === null ? reveals.take({ sessionId, key: query.get("made") }) : null,
      passwordErrors: faults?.password ?? NO_ERRORS,
      apiKeyErrors: faults?.apiKey ?? NO_ERRORS,
      typed: faults?.typed ?? {},
    });
    return renderPage(view, { status: faults === null ? 200 : 422 });
  }

  async function changePassword(context: PageContext): Promise<Response> {
    const { viewer, remoteAddress, request, sessionId } = context;
    const form = await context.form();
    const { username, id: userId } = viewer;
    const turn = deps.signInLimiter.begin({ username, remoteAddress, device: sessionId });
    if (!turn.allowed) {
      return show(context, { password: { current_password: describeWait(turn.retryAfterMs) } });
    }
    const given = { username, password: form.current_password ?? "", isTrusted: true };
    if (!(await users.verifyPassword(given))) {
      return show(context, { password: { current_password: "This is not your password." } });
    }
    turn.succeeded();
    try {
      await users.setPassword({ userId, password: form.password ?? "" });
    } catch (error) {
      return show(context, { password: fieldErrors(error) });
    }
    // All sessions ended with the old password, including this one.
    const userAgent = request.headers.get("user-agent") ?? "";
    const { session, token } = sessions.create({ userId, userAgent, remoteAddress });
    const response = redirect(PROFILE, {
      tone: "ok",
      text: "Your password is changed, and you are signed out everywhere else.",
    });
    response.headers.append("set-cookie", await cookie.write({ token, expiresAt: session.expiresAt }));
    return response;
  }

  async function createKey(context: PageContext): Promise<Response> {
    const form = await context.form();
    try {
      const token = await keys.create({ userId: context.viewer.id, form });
      return redirect(`${PROFILE}?made=${reveals.keep({ sessionId: context.sessionId, text: token })}`);
    } catch (error) {
      return show(context, { apiKey: fieldErrors(error), typed: form });
    }
  }

  async function revokeKey(context: PageContext): Promise<Response> {
    const { viewer, params } = context;
    const key = keys.getUsable({ userId: viewer.id, id: params.keyId ?? "" });
    const form = await context.form();
    if (form.confirmed !== "yes") {
      const back = { href: PROFILE, label: "Profile" };
      const path = `${PROFILE}/api-keys`;
      return renderPage(revokeKeyView({ viewer, apiKey: key, back, path, section: "profile" }));
    }
    keys.revoke({ id: key.id, userId: viewer.id });
    return redirect(PROFILE, { tone: "ok", text: `The API key ${key.name} is revoked.` });
  }

  function endSession(context: PageContext): Response {
    const { viewer, params } = context;
    const session = sessions.list({ userId: viewer.id }).find(({ id }) => id === params.sessionId);
    if (!session) throw notFound("session");
    sessions.end({ userId: viewer.id, id: session.id });
    return redirect(PROFILE, { tone: "ok", text: "That browser is signed out." });
  }

  function endOtherSessions({ viewer, sessionId }: PageContext): Response {
    sessions.endOthers({ userId: viewer.id, id: sessionId });
    return redirect(PROFILE, { tone: "ok", text: "You are signed out everywhere else." });
  }

  async function changeLook(context: PageContext): Promise<Response> {
    const response = redirect(PROFILE, { tone: "ok", text: "This browser's appearance is changed." });
    response.headers.append("set-cookie", writeLook(toLook(await context.form()), deps.config.baseUrl));
    return response;
  }

  return [
    page(PROFILE, (context) => show(context, null)),
    action("/profile/password", changePassword),
    action("/profile/look", changeLook),
    ...createSecondFactorRoutes(deps),
    ...createPasskeyRoutes(deps),
    ...createIdentityRoutes(deps),
    ...createEmailRoutes(deps, (context, email, typed) => show(context, { email, typed })),
    action("/profile/sessions/end-others", endOtherSessions),
    action("/profile/sessions/:sessionId/end", endSession),
    sensitive(action("/profile/api-keys", createKey)),
    action("/profile/api-keys/:keyId/revoke", revokeKey),
  ];
}
