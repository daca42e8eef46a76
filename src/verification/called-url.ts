/** The URL that a sender called, as some providers sign it. */

/** `baseUrl` is BASE_URL, without a trailing slash: what a Host header says proves nothing. */
export function calledUrl(called: {
  baseUrl: string;
  entrypointId: string;
  pathTail: string;
  query: string;
}): string {
  const { baseUrl, entrypointId, pathTail, query } = called;
  return `${baseUrl}/webhook/${entrypointId}${pathTail}${query === "" ? "" : `?${query}`}`;
}

/** Letters that the runtime writes by their numbers, whichever way they came: in a query, and in a path. */
const REWRITTEN_IN_QUERY = /%(?:22|27|3C|3E)/g;
const REWRITTEN_IN_PATH = /%(?:22|3C|3E|5E|60|7B|7D)/g;

/**
 * The texts that a sender may have signed for this URL, most likely first. `'` and a few more letters need not be
 * escaped, and what signs the URL as its owner wrote it signs them as they are; by the time that it is known here
 * nothing tells whether they were escaped. Three at most.
 */
export function readingsOf(url: string): readonly string[] {
  if (!url.includes("%")) return [url];
  const { path, query } = partsOf(url);
  const origin = url.slice(0, originLength(url));
  const joined = (pathPart: string, queryPart: string) =>
    `${origin}${pathPart}${queryPart === "" ? "" : `?${queryPart}`}`;
  const withQuotes = joined(path, query.replaceAll("%27", "'"));
  const asWritten = joined(
    path.replace(REWRITTEN_IN_PATH, decodeURIComponent),
    query.replace(REWRITTEN_IN_QUERY, decodeURIComponent),
  );
  return [...new Set([url, withQuotes, asWritten])];
}

/** `host` has the port where the URL has one; `path` begins with "/"; `query` is without its "?". */
export function partsOf(url: string): Readonly<{ host: string; path: string; query: string }> {
  const end = originLength(url);
  const mark = url.indexOf("?", end);
  return {
    host: url.slice(url.indexOf("//") + 2, end),
    path: url.slice(end, mark === -1 ? url.length : mark),
    query: mark === -1 ? "" : url.slice(mark + 1),
  };
}

function originLength(url: string): number {
  const end = url.indexOf("/", url.indexOf("//") + 2);
  return end === -1 ? url.length : end;
}

/** The URL without a parameter of its query, for signatures that stand in the URL that they sign. */
export function withoutParameter(url: string, name: string): string {
  const mark = url.indexOf("?");
  if (mark === -1) return url;
  const rest = url
    .slice(mark + 1)
    .split("&")
    .filter((pair) => !pair.startsWith(`${name}=`));
  return url.slice(0, mark) + (rest.length === 0 ? "" : `?${rest.join("&")}`);
}
