/** Checks every request for a page: who is asking, from where, and whether they are allowed. */
import type { Session } from "../auth/sessions.ts";
import type { AuditEntry } from "../http/audit.ts";
import { pathAndQueryOf, queryOf } from "../http/request-url.ts";
import type { Peer } from "../ingest/remote-address.ts";
import { AppError } from "../lib/errors.ts";
import { compressPage } from "./compress.ts";
import { refuseCrossSite } from "./cross-site.ts";
import type { DashboardDeps } from "./deps.ts";
import { createFlashCookie } from "./flash.ts";
import { type FormInput, readForm } from "./forms.ts";
import { readLook } from "./look.ts";
import { createAskManaged } from "./managed/ask-managed.ts";
import { refererPath, signInPath } from "./next-path.ts";
import type { OpenContext, PageContext, PageRoute, UserRoute } from "./page-route.ts";
import type { DrawFor } from "./permitted.ts";
import { SECOND_FACTOR_PATH } from "./profile/second-factor-path.ts";
import { redirect } from "./render.ts";
import { createReVerify } from "./session/re-verify.ts";
import type { SessionCookie } from "./session/session-cookie.ts";
import type { Viewer } from "./viewer.ts";

type Visit = Readonly<{
  request: Request;
  params: Readonly<Record<string, string>>;
  peer: Peer | null;
  entry: AuditEntry;
  keepOpen: () => void;
}>;

export type Guard = (route: PageRoute) => (visit: Visit) => Promise<Response>;

export function createGuard(
  deps: DashboardDeps & Readonly<{ cookie: SessionCookie; drawFor: DrawFor }>,
): Guard {
  const { webhooks } = deps.useCases;
  const { cookie, sessions, secondFactors, config } = deps;
  const flashes = createFlashCookie(deps);
  const reVerify = createReVerify(deps);
  const askManaged = createAskManaged(deps);

  async function finish(request: Request, response: Response, wasFlashShown: boolean): Promise<Response> {
    if (wasFlashShown) response.headers.append("set-cookie", flashes.clear());
    await flashes.send(response);
    return compressPage(request, response);
  }

  const viewerOf = (user: Viewer, request: Request): Viewer => ({
    ...user,
    look: readLook(request),
    openProblems: deps.problems.countUnacknowledged(user.id),
  });

  /** Returns the response to a user who may not go on yet: without a second factor, or after a long time. */
  async function stop(route: UserRoute, context: PageContext, session: Session): Promise<Response | null> {
    if (route.isForSetup !== true && secondFactors.isMissing(context.viewer)) {
      return redirect(SECOND_FACTOR_PATH, {
        tone: "bad",
        text: "This server requires a second factor. Set it up to go on.",
      });
    }
    const asked = route.isSensitive === true ? await reVerify(context, session) : null;
    return asked ?? askManaged(route, context);
  }

  return (route) => async (visit) => {
    const { request, params, keepOpen, entry } = visit;
    if (route.method === "POST") refuseCrossSite(request, config);
    const found = await cookie.read(request);
    if (found !== null) entry.by({ userId: found.user.id, sessionId: found.session.id });
    const flash = route.method === "GET" ? await flashes.read(request) : null;
    let form: Promise<FormInput> | null = null;
    const open: OpenContext = {
      request,
      params,
      keepOpen,
      flash,
      query: queryOf(request.url),
      remoteAddress: deps.remoteAddressOf(request, visit.peer),
      viewer: found && viewerOf(found.user, request),
      sessionId: found?.session.id ?? null,
      // A body can be read once, and more than one reader may want it.
      form: () => (form ??= readForm(request)),
      audit: entry,
    };
    if (route.access === "anyone") return finish(request, await route.run(open), flash !== null);
    if (found === null) {
      entry.refuse("not_signed_in");
      return askToSignIn(request);
    }
    const { session, token } = found;
    const viewer = viewerOf(found.user, request);
    if (route.access === "admin" && viewer.role !== "admin") throw forbidden();
    const { role: need } = route;
    // The router gives no object for a path without parameters.
    const of = { userId: viewer.id, webhookId: need === null ? "" : (params.id ?? "") };
    const role = need && (await webhooks.get(of, need)).role;
    const expiresAt = sessions.touch(session);
    const isStillAllowed = () => {
      const now = sessions.find(token);
      if (now === null || (route.access === "admin" && now.user.role !== "admin")) return false;
      return need === null || webhooks.hasRole(of, need);
    };
    const context = { ...open, viewer, sessionId: session.id, isStillAllowed };
    const run = async () => (await stop(route, context, session)) ?? route.run(context);
    const response = await (role === null ? run() : deps.drawFor(role, run));
    // A response that signs out already sets this cookie, which must not be overwritten.
    if (expiresAt !== null && !response.headers.has("set-cookie")) {
      response.headers.append("set-cookie", await cookie.write({ token, expiresAt }));
    }
    return finish(request, response, flash !== null);
  };
}

/** Redirects to the sign-in page; after a posted form, the reader returns to the page that contained it. */
function askToSignIn(request: Request): Response {
  const path = signInPath(request.method === "GET" ? pathAndQueryOf(request.url) : refererPath(request));
  // htmx would follow a redirect invisibly and put the sign-in page into a part of this one.
  const isHtmx = request.headers.get("hx-request") === "true";
  return isHtmx
    ? new Response(null, { status: 200, headers: { "hx-redirect": path } })
    : new Response(null, { status: 303, headers: { location: path } });
}

function forbidden(): AppError {
  return new AppError({
    kind: "forbidden",
    message: "This page is for administrators.",
    hint: "Ask an administrator of this server, or sign in as one.",
  });
}
