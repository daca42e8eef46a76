/** The second step of signing in: a code of the second factor. */
import { describeWait } from "../../auth/sign-in-limiter.ts";
import type { DashboardDeps } from "../deps.ts";
import { nextPath, signInPath } from "../next-path.ts";
import { type OpenContext, openAction, openPage, type PageRoute } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import type { BeginSession } from "./begin-session.ts";
import { codeView } from "./code-view.tsx";
import type { DeviceCookie } from "./device-cookie.ts";
import type { HalfWayCookie } from "./half-way-cookie.ts";

type Deps = Pick<DashboardDeps, "secondFactors" | "signInLimiter"> &
  Readonly<{ begin: BeginSession; device: DeviceCookie; halfWay: HalfWayCookie }>;

const CODE_PATH = "/pages/login/code";

export function codePath(next: string | null | undefined): string {
  return next ? `${CODE_PATH}?next=${encodeURIComponent(nextPath(next))}` : CODE_PATH;
}

export function createCodeRoutes(deps: Deps): readonly PageRoute[] {
  const { secondFactors, signInLimiter, begin, device, halfWay } = deps;

  function codePage(context: OpenContext, state: { fault: string; status: number } | null) {
    const next = context.query.get("next");
    const view = codeView({ next: next === null ? null : nextPath(next), fault: state?.fault ?? null });
    return renderPage(view, { status: state?.status ?? 200 });
  }

  const startOver = ({ query }: OpenContext) =>
    redirect(signInPath(query.get("next")), { tone: "bad", text: "Enter your password first." });

  async function show(context: OpenContext): Promise<Response> {
    if (context.viewer !== null) return redirect(nextPath(context.query.get("next")));
    return (await halfWay.read(context.request)) === null ? startOver(context) : codePage(context, null);
  }

  async function enter(context: OpenContext): Promise<Response> {
    const { request, remoteAddress } = context;
    const user = await halfWay.read(request);
    if (user === null) {
      context.audit.refuse("no_password");
      return startOver(context);
    }
    context.audit.about(user);
    const { id: userId, username } = user;
    const known = await device.read(request, username);
    const turn = signInLimiter.begin({ username, remoteAddress, device: known, what: "code" });
    if (!turn.allowed) {
      const response = await codePage(context, { fault: describeWait(turn.retryAfterMs), status: 429 });
      response.headers.set("retry-after", String(Math.ceil(turn.retryAfterMs / 1_000)));
      return response;
    }
    const form = await context.form();
    if (!secondFactors.verify({ userId, code: form.code ?? "" })) {
      return codePage(context, { fault: "This code is wrong, or was used already.", status: 422 });
    }
    turn.succeeded();
    const response = await begin(context, { user, next: context.query.get("next") ?? form.next });
    response.headers.append("set-cookie", halfWay.clear());
    return response;
  }

  return [openPage(CODE_PATH, show), openAction(CODE_PATH, enter)];
}
