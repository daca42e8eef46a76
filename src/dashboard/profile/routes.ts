/** Routes of this section. */
import type { DashboardDeps } from "../deps.ts";
import type { PageRoute } from "../page-route.ts";

export function createProfileRoutes(_deps: DashboardDeps): readonly PageRoute[] {
  return [];
}
