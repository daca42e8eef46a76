/** Routes of the event pages: the log, one event, and its replay. */
import type { PageRoute } from "../page-route.ts";
import { createPlaceRoutes } from "./body/place-routes.ts";
import { createCompareRoutes } from "./compare/routes.ts";
import { createCopyRoutes } from "./copy/copy-routes.ts";
import type { EventsDeps } from "./deps.ts";
import { createEventRoutes } from "./event-routes.ts";
import { createSavedFilterRoutes } from "./filters/saved-filter-routes.ts";
import { createLogRoutes } from "./log-routes.ts";
import { createSentRoutes } from "./sent/sent-routes.ts";

export function createEventsRoutes(deps: EventsDeps): readonly PageRoute[] {
  return [
    ...createLogRoutes(deps),
    ...createEventRoutes(deps),
    ...createSentRoutes(deps),
    ...createSavedFilterRoutes(deps),
    ...createCopyRoutes(deps),
    ...createPlaceRoutes(deps),
    ...createCompareRoutes(deps),
  ];
}
