/** Mounts the pages of portals, each guarded by the session of its link. */
import { Elysia } from "elysia";
import type { Audit } from "../../http/audit.ts";
import { OPEN_PORTAL_PATH, PORTAL_PATH } from "../../http/portal-path.ts";
import type { Peer } from "../../ingest/remote-address.ts";
import type { DashboardDeps } from "../deps.ts";
import type { Reveals } from "../reveals.ts";
import { createPortalGuard, type PortalVisit } from "./guard.ts";
import { createPortalRoutes } from "./routes.ts";

export function createPortal(deps: DashboardDeps & Readonly<{ reveals: Reveals; audit: Audit }>) {
  const guard = createPortalGuard(deps);
  const app = new Elysia({ name: "portal" });

  function mount(
    route: Readonly<{ method: "GET" | "POST"; path: string }>,
    respond: (visit: PortalVisit) => Promise<Response>,
  ): void {
    const { method, path } = route;
    app.route(
      method,
      path,
      ({
        request,
        params,
        server,
      }: {
        request: Request;
        params: Record<string, string>;
        server: Peer | null;
      }) =>
        deps.audit.watch(
          {
            request,
            method,
            route: path,
            params,
            isChange: method === "POST" || path === OPEN_PORTAL_PATH,
            remoteAddress: () => deps.remoteAddressOf(request, server),
          },
          (entry) => deps.durably(() => respond({ request, params, peer: server, entry })),
        ),
      { parse: "none" },
    );
  }

  mount({ method: "GET", path: OPEN_PORTAL_PATH }, guard.open);
  for (const route of createPortalRoutes(deps)) {
    const path = `${PORTAL_PATH}/:linkId${route.path}`;
    mount({ method: route.method, path }, (visit) => guard.run(route, visit));
  }
  return { app, errorPage: guard.errorPage };
}
