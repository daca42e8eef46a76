/** Determines which methods a path allows from the registered routes. */

export type RegisteredRoute = Readonly<{ method: string; path: string }>;

/**
 * Returns the sorted methods of a path; empty if no route matches. Routes that name the path exactly take precedence
 * over routes with parameters: /webhooks/import is not a webhook.
 */
export function allowedMethods(routes: readonly RegisteredRoute[], path: string): readonly string[] {
  const wanted = segmentsOf(path);
  const fitting = routes.filter((route) => matches(segmentsOf(route.path), wanted));
  const named = fitting.filter((route) => isNamed(segmentsOf(route.path)));
  const methods = new Set<string>();
  for (const route of named.length > 0 ? named : fitting) {
    methods.add(route.method);
    if (route.method === "GET") methods.add("HEAD");
  }
  return [...methods].sort();
}

/** A trailing slash does not make a different path, as in the router. */
function segmentsOf(path: string): readonly string[] {
  return (path.endsWith("/") ? path.slice(0, -1) : path).split("/").slice(1);
}

function isNamed(pattern: readonly string[]): boolean {
  return pattern.every((part) => part !== "*" && !part.startsWith(":"));
}

function matches(pattern: readonly string[], wanted: readonly string[]): boolean {
  const open = pattern.at(-1) === "*";
  if (open ? wanted.length < pattern.length - 1 : wanted.length !== pattern.length) return false;
  return pattern.every((part, index) => {
    if (part === "*") return true;
    return part.startsWith(":") ? wanted[index] !== "" : part === wanted[index];
  });
}
