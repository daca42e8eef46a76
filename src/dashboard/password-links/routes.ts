/** Routes of one-time links: to ask for one to a new password, and the pages that open them. Only forms use them up. */
import { LINK_PATHS } from "../../auth/links/one-time-links.ts";
import { describeWait } from "../../auth/sign-in-limiter.ts";
import type { DashboardDeps } from "../deps.ts";
import { type FieldErrors, fieldErrors, NO_ERRORS } from "../forms.ts";
import { type OpenContext, openAction, openPage, type PageRoute } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { FORGOT_PATH } from "./paths.ts";
import { askedView, confirmEmailView, forgotView, newPasswordView } from "./views.tsx";

type Deps = Pick<DashboardDeps, "passwordLinks" | "userEmails" | "signInLimiter">;

const MAX_TYPED = 254;

export function createPasswordLinkRoutes(deps: Deps): readonly PageRoute[] {
  const { passwordLinks, userEmails, signInLimiter } = deps;
  const showForgot = () =>
    renderPage(forgotView({ isPossible: passwordLinks.isPossible(), typed: "", fault: null }));

  /** The page and its time are the same whether or not there is such a user. */
  async function ask(context: OpenContext): Promise<Response> {
    const isPossible = passwordLinks.isPossible();
    if (!isPossible) return showForgot();
    const typed = ((await context.form()).who ?? "").trim().slice(0, MAX_TYPED);
    const { remoteAddress } = context;
    const turn = signInLimiter.begin({ username: typed, remoteAddress, device: null, what: "mail" });
    if (!turn.allowed) {
      const fault = describeWait(turn.retryAfterMs);
      const response = await renderPage(forgotView({ isPossible, typed, fault }), { status: 429 });
      response.headers.set("retry-after", String(Math.ceil(turn.retryAfterMs / 1_000)));
      return response;
    }
    passwordLinks.ask(typed);
    return renderPage(askedView());
  }

  async function showNewPassword(token: string, errors: FieldErrors | null): Promise<Response> {
    const user = passwordLinks.find(token);
    const view = newPasswordView({ token, username: user?.username ?? null, errors: errors ?? NO_ERRORS });
    return renderPage(view, { status: user === null ? 410 : errors === null ? 200 : 422 });
  }

  async function setPassword(context: OpenContext): Promise<Response> {
    const { token = "", password = "" } = await context.form();
    const named = passwordLinks.find(token);
    if (named !== null) context.audit.about(named);
    try {
      if ((await passwordLinks.use({ token, password })) === null) {
        context.audit.refuse("link_gone");
        return showNewPassword("", null);
      }
    } catch (error) {
      return showNewPassword(token, fieldErrors(error));
    }
    const text = "Your new password is set, and every browser is signed out. Sign in with it.";
    return redirect("/pages/login", { tone: "ok", text });
  }

  async function showConfirm(token: string): Promise<Response> {
    const claim = userEmails.findClaim(token);
    return renderPage(confirmEmailView({ token, claim }), { status: claim === null ? 410 : 200 });
  }

  async function confirm(context: OpenContext): Promise<Response> {
    const { token = "" } = await context.form();
    const claim = userEmails.confirm(token);
    if (claim === null) {
      context.audit.refuse("link_gone");
      return showConfirm("");
    }
    const path = context.viewer === null ? "/pages/login" : "/profile";
    return redirect(path, { tone: "ok", text: `${claim.email} is the address of ${claim.username} now.` });
  }

  const tokenOf = ({ query }: OpenContext) => query.get("token") ?? "";
  return [
    openPage(FORGOT_PATH, showForgot),
    openAction(FORGOT_PATH, ask),
    openPage(LINK_PATHS.password, (context) => showNewPassword(tokenOf(context), null)),
    openAction(LINK_PATHS.password, setPassword),
    openPage(LINK_PATHS.email, (context) => showConfirm(tokenOf(context))),
    openAction(LINK_PATHS.email, confirm),
  ];
}
