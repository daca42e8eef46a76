/** Routes of a user's linked accounts at the OpenID Connect provider: list, link, unlink. */
import type { Identity } from "../../auth/oidc/identities.ts";
import { notFound } from "../../lib/errors.ts";
import type { DashboardDeps } from "../deps.ts";
import { action, type PageContext, type PageRoute, page, sensitive } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { createOidcCookies } from "../session/oidc-cookies.ts";
import { describeRefusal, NO_PROVIDER } from "../session/oidc-words.ts";
import { IDENTITIES_PATH } from "./identities-path.ts";
import { identitiesView, leaveToLinkView, unlinkView } from "./identity-views.tsx";

type Deps = Pick<DashboardDeps, "identities" | "singleSignOn" | "users" | "sessions" | "config">;

export function createIdentityRoutes(deps: Deps): readonly PageRoute[] {
  const { identities, singleSignOn, users, sessions } = deps;
  const cookies = createOidcCookies(deps);

  function show({ viewer, flash }: PageContext): Promise<Response> {
    const provider = singleSignOn?.name ?? null;
    return renderPage(identitiesView({ viewer, flash, provider, identities: identities.list(viewer.id) }));
  }

  /** Answers with a link, as browsers do not let a form lead to another site. */
  async function link({ viewer, request, sessionId }: PageContext): Promise<Response> {
    if (singleSignOn === null) return redirect(IDENTITIES_PATH, NO_PROVIDER);
    const { name } = singleSignOn;
    const departure = await singleSignOn.depart({
      purpose: { kind: "link", sessionId },
      next: IDENTITIES_PATH,
    });
    if (typeof departure === "string") {
      return redirect(IDENTITIES_PATH, { tone: "bad", text: describeRefusal(departure, name) });
    }
    const response = await renderPage(leaveToLinkView({ viewer, provider: name, url: departure.url }));
    cookies.keep(response, request, departure);
    return response;
  }

  async function unlink(context: PageContext): Promise<Response> {
    const { viewer, sessionId } = context;
    const identity = getIdentity(context);
    const form = await context.form();
    if (form.confirmed !== "yes") return renderPage(unlinkView({ viewer, identity }));
    const user = users.find(viewer.id);
    if (user === null) throw notFound("user");
    identities.unlink({ user, id: identity.id });
    // Whoever signed in by that account must not stay.
    sessions.endOthers({ userId: viewer.id, id: sessionId });
    return redirect(IDENTITIES_PATH, { tone: "ok", text: `The account ${identity.name} is unlinked.` });
  }

  function getIdentity({ viewer, params }: PageContext): Identity {
    const identity = identities.list(viewer.id).find(({ id }) => id === params.identityId);
    if (!identity) throw notFound("linked account");
    return identity;
  }

  return [
    page(IDENTITIES_PATH, show),
    sensitive(action(IDENTITIES_PATH, link)),
    sensitive(action(`${IDENTITIES_PATH}/:identityId/remove`, unlink)),
  ];
}
