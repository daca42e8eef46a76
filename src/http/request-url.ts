/** Reads paths from request URLs without parsing them, and recognizes ingestion. */

/** The hot path: nothing in this folder may slow its requests down except the Host check. */
const INGEST_PREFIX = "/webhook/";

const LONGEST_SCHEME = "https://".length;

/** Returns the path without the query, percent-encoded. Bun has already resolved "." and "..". */
export function pathOf(url: string): string {
  const start = pathStart(url);
  if (start === -1) return "/";
  const end = url.slice(start).search(/[?#]/);
  return end === -1 ? url.slice(start) : url.slice(start, start + end);
}

/** Returns the path with the query, as sent. */
export function pathAndQueryOf(url: string): string {
  const query = url.indexOf("?");
  return pathOf(url) + (query === -1 ? "" : url.slice(query));
}

/** Returns the decoded query parameters. */
export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : url.slice(start + 1));
}

export function isIngestUrl(url: string): boolean {
  return url.startsWith(INGEST_PREFIX, pathStart(url));
}

/** If the Host header is malformed, Bun's `request.url` contains only the path. */
function pathStart(url: string): number {
  return url.charCodeAt(0) === 47 ? 0 : url.indexOf("/", LONGEST_SCHEME);
}
