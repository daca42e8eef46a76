/** Routes for signing in and out, and the redirect from the site's root. */
import { describeWait } from "../../auth/sign-in-limiter.ts";
import type { DashboardDeps } from "../deps.ts";
import { nextPath } from "../next-path.ts";
import { type OpenContext, openAction, openPage, type PageRoute } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { createBeginSession } from "./begin-session.ts";
import { codePath, createCodeRoutes } from "./code-routes.ts";
import { createDeviceCookie } from "./device-cookie.ts";
import { FIRST_SIGN_IN_PATH } from "./first-sign-in-path.ts";
import { firstSignInView } from "./first-sign-in-view.tsx";
import { createHalfWayCookie } from "./half-way-cookie.ts";
import { createOidcRoutes } from "./oidc-routes.ts";
import { createPasskeySignInRoutes } from "./passkey-routes.ts";
import type { SessionCookie } from "./session-cookie.ts";
import { signInView } from "./views.tsx";

type Deps = DashboardDeps & Readonly<{ cookie: SessionCookie }>;

const MAX_USERNAME_LENGTH = 200;

export function createSessionRoutes(deps: Deps): readonly PageRoute[] {
  const { users, sessions, firstSignIn, secondFactors, passkeys, passwordSignIn, cookie } = deps;
  const device = createDeviceCookie(deps);
  const halfWay = createHalfWayCookie(deps);
  const begin = createBeginSession({ ...deps, device });

  function signInPage(
    context: OpenContext,
    state: { username: string; fault: string; status: number } | null,
  ) {
    const next = context.query.get("next");
    return renderPage(
      signInView({
        next: next === null ? null : nextPath(next),
        username: state?.username ?? "",
        fault: state?.fault ?? null,
        flash: context.flash,
        // Without any session, the reader has most likely just started the gateway.
        isFirstRun: sessions.areNone(),
        sendsLinks: deps.passwordLinks.isPossible(),
        question: passkeys.isPossible ? passkeys.askToSignIn() : null,
        takesPasswords: passwordSignIn.isOn(),
        provider: deps.singleSignOn?.name ?? null,
      }),
      { status: state?.status ?? 200 },
    );
  }

  async function signIn(context: OpenContext): Promise<Response> {
    if (!passwordSignIn.isOn()) {
      context.audit.refuse("password_sign_in_off");
      return signInPage(context, { username: "", fault: "Passwords do not sign in here.", status: 403 });
    }
    const form = await context.form();
    const username = (form.username ?? "").trim().slice(0, MAX_USERNAME_LENGTH);
    const { remoteAddress } = context;
    const known = await device.read(context.request, username);
    const turn = deps.signInLimiter.begin({ username, remoteAddress, device: known });
    const named = users.findByUsername(username);
    if (named !== null) context.audit.about(named);
    if (!turn.allowed) {
      const fault = describeWait(turn.retryAfterMs);
      const response = await signInPage(context, { username, fault, status: 429 });
      response.headers.set("retry-after", String(Math.ceil(turn.retryAfterMs / 1_000)));
      return response;
    }
    const given = { username, password: form.password ?? "", isTrusted: known !== null };
    const user = await users.verifyPassword(given).catch((error: unknown) => {
      turn.withdraw();
      throw error;
    });
    if (user === null) {
      const fault = "The username or password is wrong.";
      return signInPage(context, { username, fault, status: 422 });
    }
    turn.succeeded();
    const next = context.query.get("next") ?? form.next;
    if (!secondFactors.isOn(user.id)) return begin(context, { user, next });
    context.audit.refuse("second_factor_needed");
    const response = redirect(codePath(next));
    response.headers.append("set-cookie", await halfWay.write(user));
    return response;
  }

  async function showFirst({ query, viewer }: OpenContext): Promise<Response> {
    if (viewer !== null) return redirect(nextPath(null));
    const token = query.get("token") ?? "";
    const user = users.find(firstSignIn.find(token) ?? "");
    return renderPage(firstSignInView({ token, username: user?.username ?? null }), {
      status: user === null ? 410 : 200,
    });
  }

  async function signInFirst(context: OpenContext): Promise<Response> {
    const { token = "" } = await context.form();
    const user = users.find(firstSignIn.take(token) ?? "");
    if (user !== null) return begin(context, { user, signedInBy: "link" });
    return renderPage(firstSignInView({ token, username: null }), { status: 410 });
  }

  async function signOut(context: OpenContext): Promise<Response> {
    const { viewer, sessionId } = context;
    if (viewer !== null && sessionId !== null) sessions.end({ userId: viewer.id, id: sessionId });
    const response = redirect("/pages/login", { tone: "ok", text: "You are signed out." });
    response.headers.append("set-cookie", cookie.clear());
    return response;
  }

  return [
    openPage("/", ({ viewer }) => redirect(viewer ? "/sources" : "/pages/login")),
    openPage("/pages/login", (context) =>
      context.viewer ? redirect(nextPath(context.query.get("next"))) : signInPage(context, null),
    ),
    openAction("/pages/login", signIn),
    ...createCodeRoutes({ ...deps, begin, device, halfWay }),
    ...createOidcRoutes({ ...deps, begin }),
    ...createPasskeySignInRoutes({ ...deps, begin, device }),
    openPage(FIRST_SIGN_IN_PATH, showFirst),
    openAction(FIRST_SIGN_IN_PATH, signInFirst),
    openAction("/pages/logout", signOut),
  ];
}
