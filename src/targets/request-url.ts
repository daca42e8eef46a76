/** Joins a configured URL with the path and query of an event. */

/** The URL's own query comes first, so that a sender's parameters cannot override it. */
export function requestUrl(base: string, { path, query }: { path: string; query: string }): string {
  if (path === "" && query === "") return base;
  const url = new URL(base);
  if (path !== "" && path !== "/") {
    url.pathname = `${url.pathname.replace(/\/$/, "")}${withoutClimbing(path)}`;
  }
  const own = url.search.slice(1);
  url.search = own !== "" && query !== "" ? `${own}&${query}` : own || query;
  return url.href;
}

/** Resolves the path on its own, so that a sender's "/../" cannot leave the URL's path. */
function withoutClimbing(path: string): string {
  const alone = new URL("http://alone/");
  alone.pathname = path;
  return alone.pathname;
}
