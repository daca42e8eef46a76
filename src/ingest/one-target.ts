/** Narrows a route to one of its targets. */
import { AppError } from "../lib/errors.ts";
import type { Route } from "../storage/main-db/routing.ts";

/** The target gets what its filter would refuse; null: all targets. Throws AppError `conflict` for a disabled one. */
export function onlyTo(route: Route, targetId: string | null): Route {
  if (targetId === null) return route;
  const target = route.targets.find(({ id }) => id === targetId);
  if (target === undefined) {
    throw new AppError({ kind: "conflict", message: "The target is disabled.", hint: "Enable it first." });
  }
  const { wants: _wants, ...rest } = target;
  return { ...route, targets: [rest] };
}
