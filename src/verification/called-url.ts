/** Builds the URL that a sender called, because some providers sign it. */

/** `baseUrl` is BASE_URL without a trailing slash. The Host header is not used: the sender controls it. */
export function calledUrl(called: {
  baseUrl: string;
  entrypointId: string;
  pathTail: string;
  query: string;
}): string {
  const { baseUrl, entrypointId, pathTail, query } = called;
  return `${baseUrl}/webhook/${entrypointId}${pathTail}${query === "" ? "" : `?${query}`}`;
}

/** Characters that the runtime percent-encodes in a query and in a path, whether or not the sender did. */
const REWRITTEN_IN_QUERY = /%(?:22|27|3C|3E)/g;
const REWRITTEN_IN_PATH = /%(?:22|3C|3E|5E|60|7B|7D)/g;
/**
 * Characters that mean the same in a query whether or not they are escaped. HubSpot escapes them in the request, and
 * signs the query with them unescaped.
 *
 * https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
 */
const SIGNED_UNESCAPED = /%(?:2[14789ACF]|3[ABF]|40)/gi;

/**
 * Returns the forms of this URL that a sender may have signed, most likely first and at most four. `'` and a few more
 * characters need not be escaped, so a sender may sign them as they are; the runtime's URL no longer shows whether they
 * were escaped.
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
  const unescaped = joined(path, query.replace(SIGNED_UNESCAPED, decodeURIComponent));
  return [...new Set([url, withQuotes, asWritten, unescaped])];
}

/** `host` includes the port if the URL has one; `path` begins with "/"; `query` has no "?". */
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

/** Removes a query parameter, for signatures that are part of the URL they sign. */
export function withoutParameter(url: string, name: string): string {
  const mark = url.indexOf("?");
  if (mark === -1) return url;
  const rest = url
    .slice(mark + 1)
    .split("&")
    .filter((pair) => !pair.startsWith(`${name}=`));
  return url.slice(0, mark) + (rest.length === 0 ? "" : `?${rest.join("&")}`);
}
