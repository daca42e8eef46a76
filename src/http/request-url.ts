/** Reads paths from request URLs without parsing them, and tells ingestion from everything else. */

/** Requests under it are the hot path: nothing in this folder may cost them anything but the Host check. */
const INGEST_PREFIX = "/webhook/";

const LONGEST_SCHEME = "https://".length;

/** The path without the query, still percent-encoded. Bun has already resolved "." and "..". */
export function pathOf(url: string): string {
  const start = pathStart(url);
  if (start === -1) return "/";
  const end = url.slice(start).search(/[?#]/);
  return end === -1 ? url.slice(start) : url.slice(start, start + end);
}

/** The parameters of the query, decoded. */
export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : url.slice(start + 1));
}

export function isIngestUrl(url: string): boolean {
  return url.startsWith(INGEST_PREFIX, pathStart(url));
}

/** Bun leaves only the path in `request.url` where the Host header is malformed. */
function pathStart(url: string): number {
  return url.charCodeAt(0) === 47 ? 0 : url.indexOf("/", LONGEST_SCHEME);
}
