/** Detects malformed Host headers, from which the framework would derive a wrong path. */

const WELL_FORMED = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9.])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const MAX_LENGTH = 260;

let lastAccepted = "";

/** Fast enough for every request: nearly all have the same Host as the previous one. */
export function hasWellFormedHost(request: Request): boolean {
  const host = request.headers.get("host");
  // Requests made inside the process have no Host header; a network request without one has no absolute URL.
  if (host === null) return request.url.charCodeAt(0) !== 47;
  if (host === lastAccepted) return true;
  if (host.length > MAX_LENGTH || !WELL_FORMED.test(host)) return false;
  lastAccepted = host;
  return true;
}
