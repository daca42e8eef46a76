/** Assembles the dashboard: every page is a row of one list and is guarded where it is mounted. */
import { Elysia } from "elysia";
import { createAudit } from "../http/audit.ts";
import { createAdminRoutes } from "./admin/routes.ts";
import { createKeyActions } from "./api-keys/keys.ts";
import { createAssetRoutes } from "./assets/assets.ts";
import { createAuditRoutes } from "./audit/routes.ts";
import type { DashboardDeps } from "./deps.ts";
import { createErrorPage } from "./error-page.tsx";
import { createEventTypeRoutes } from "./event-types/routes.ts";
import { createEventsRoutes } from "./events/routes.ts";
import { createFindRoutes } from "./find/routes.ts";
import { createGuard } from "./guard.ts";
import { createAcceptRoutes } from "./invitations/accept-routes.ts";
import { createInvitationRoutes } from "./invitations/invitation-routes.ts";
import { createLiveStreams } from "./live/live-streams.ts";
import { createManualRoutes } from "./manual/routes.ts";
import type { PageRoute } from "./page-route.ts";
import { createPasswordLinkRoutes } from "./password-links/routes.ts";
import { createDrawFor } from "./permitted.ts";
import { createPortal } from "./portal/portal.ts";
import { createProblemRoutes } from "./problems/routes.ts";
import { createProfileRoutes } from "./profile/routes.ts";
import { createRejectedRoutes } from "./rejected/routes.ts";
import { createReplaysRoutes } from "./replays/routes.ts";
import { createReveals } from "./reveals.ts";
import { createSendRoutes } from "./send/routes.ts";
import { createSessionRoutes } from "./session/routes.ts";
import { createSessionCookie } from "./session/session-cookie.ts";
import { createSqlRoutes } from "./sql/routes.ts";
import { createSourcesRoutes } from "./webhooks/routes.ts";

/** Leaves errors to the error handler of the application that mounts it; `errorPage` draws them for browsers. */
export function createDashboard(deps: DashboardDeps) {
  const cookie = createSessionCookie(deps);
  const reveals = createReveals(deps.clock);
  const audit = createAudit({ ...deps.auditing, via: "dashboard", log: deps.log });
  const keys = createKeyActions(deps);
  const live = createLiveStreams(deps);
  const routes: readonly PageRoute[] = [
    ...createSessionRoutes({ ...deps, cookie }),
    ...createPasswordLinkRoutes(deps),
    ...createInvitationRoutes({ ...deps, reveals }),
    ...createAcceptRoutes({ ...deps, cookie }),
    ...createSourcesRoutes({ ...deps, reveals, live }),
    ...createEventsRoutes({ ...deps, live }),
    ...createEventTypeRoutes(deps),
    ...createFindRoutes(deps),
    ...createSendRoutes(deps),
    ...createReplaysRoutes(deps),
    ...createSqlRoutes(deps),
    ...createRejectedRoutes(deps),
    ...createProblemRoutes(deps),
    ...createProfileRoutes({ ...deps, keys, cookie, reveals }),
    ...createManualRoutes(),
    ...createAuditRoutes(deps),
    ...createAdminRoutes({ ...deps, keys, reveals }),
  ];
  const guard = createGuard({ ...deps, cookie, drawFor: createDrawFor(routes) });
  const portal = createPortal({ ...deps, reveals, audit });
  const app = new Elysia({ name: "dashboard" }).use(createAssetRoutes()).use(portal.app);
  for (const route of routes) {
    const respond = guard(route);
    // The body is parsed by the form reader, after the viewer is known.
    app.route(
      route.method,
      route.path,
      ({ request, params, server }) =>
        audit.watch(
          {
            request,
            method: route.method,
            route: route.path,
            params,
            isChange: route.method === "POST" || (route.access === "anyone" && route.isChange === true),
            remoteAddress: () => deps.remoteAddressOf(request, server),
          },
          (entry) =>
            deps.durably(() =>
              respond({
                request,
                params,
                entry,
                peer: server,
                keepOpen: () => server?.timeout(request, 0),
              }),
            ),
        ),
      { parse: "none" },
    );
  }
  return { app, routes, errorPage: createErrorPage(cookie, portal.errorPage) };
}
