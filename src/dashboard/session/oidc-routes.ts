/** Signing in by OpenID Connect, and what comes back from its provider, which also links accounts and confirms users. */
import type { Purpose } from "../../auth/oidc/pending-sign-ins.ts";
import type { Return } from "../../auth/oidc/single-sign-on.ts";
import { CALLBACK_PATH } from "../../auth/oidc/single-sign-on.ts";
import type { DashboardDeps } from "../deps.ts";
import { nextPath, signInPath } from "../next-path.ts";
import {
  forSetup,
  type OpenContext,
  openPage,
  type PageContext,
  type PageRoute,
  page,
} from "../page-route.ts";
import { redirect } from "../render.ts";
import type { BeginSession } from "./begin-session.ts";
import { createOidcCookies } from "./oidc-cookies.ts";
import { OIDC_PATH, OIDC_VERIFY_PATH } from "./oidc-paths.ts";
import { describeRefusal, NO_PROVIDER } from "./oidc-words.ts";

type Deps = Pick<DashboardDeps, "singleSignOn" | "sessions" | "config"> & Readonly<{ begin: BeginSession }>;

/** A cookie holds it. */
const MAX_NEXT_LENGTH = 1_000;
/** Names of refused actions in the audit log. */
const ACTIONS = { "sign-in": "session.create", link: "identity.create", verify: "session.verify" } as const;

export function createOidcRoutes(deps: Deps): readonly PageRoute[] {
  const { singleSignOn, sessions, begin } = deps;
  const cookies = createOidcCookies(deps);

  function nextIn({ query }: Pick<OpenContext, "query">): string {
    const next = nextPath(query.get("next"));
    return next.length > MAX_NEXT_LENGTH ? nextPath(null) : next;
  }

  async function leave(
    { request }: Pick<OpenContext, "request">,
    to: { purpose: Purpose; next: string; failed: string },
  ): Promise<Response> {
    if (singleSignOn === null) return redirect(to.failed, NO_PROVIDER);
    const departure = await singleSignOn.depart(to);
    if (typeof departure === "string") {
      return redirect(to.failed, { tone: "bad", text: describeRefusal(departure, singleSignOn.name) });
    }
    const response = redirect(departure.url);
    cookies.keep(response, request, departure);
    return response;
  }

  async function start(context: OpenContext): Promise<Response> {
    const next = nextIn(context);
    if (context.viewer !== null) return redirect(next);
    return leave(context, { purpose: { kind: "sign-in" }, next, failed: signInPath(next) });
  }

  function verify(context: PageContext): Promise<Response> {
    const next = nextIn(context);
    const { sessionId } = context;
    return leave(context, { purpose: { kind: "verify", sessionId }, next, failed: next });
  }

  async function callback(context: OpenContext): Promise<Response> {
    const { query, request, viewer, sessionId, audit } = context;
    if (singleSignOn === null) {
      audit.refuse("no_provider");
      return redirect(viewer === null ? signInPath(null) : nextPath(null), NO_PROVIDER);
    }
    const state = query.get("state");
    const arrived = await singleSignOn.arrive({
      query,
      sealed: cookies.read(request, state),
      session: viewer === null || sessionId === null ? null : { id: sessionId, userId: viewer.id },
    });
    const response = await answer(context, arrived, singleSignOn.name);
    cookies.clear(response, state);
    if (arrived.user !== null) audit.about(arrived.user);
    return response;
  }

  async function answer(context: OpenContext, arrived: Return, name: string): Promise<Response> {
    const { audit, sessionId, viewer } = context;
    const { kind, user, next } = arrived;
    if (kind === "refused") {
      audit.named(ACTIONS[arrived.purpose]);
      audit.refuse(arrived.code);
      const back = viewer === null ? signInPath(next) : nextPath(next);
      return redirect(back, { tone: "bad", text: describeRefusal(arrived.code, name) });
    }
    const { authenticatedAt: verifiedAt } = arrived;
    if (kind === "signed-in") return begin(context, { user, next, signedInBy: "oidc", verifiedAt });
    if (sessionId !== null) sessions.noteVerified({ id: sessionId, at: verifiedAt });
    if (kind === "linked") {
      return redirect(next, {
        tone: "ok",
        text: `Your account at ${name} is linked. It signs you in from now on.`,
      });
    }
    audit.named(ACTIONS.verify);
    return redirect(next, { tone: "ok", text: "You have confirmed who you are. Now send the form again." });
  }

  return [
    openPage(OIDC_PATH, start),
    { ...openPage(CALLBACK_PATH, callback), isChange: true },
    forSetup(page(OIDC_VERIFY_PATH, verify)),
  ];
}
