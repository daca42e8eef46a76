/** Detects malformed Host headers, from which the framework would derive a wrong path. */

const WELL_FORMED = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9.])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const MAX_LENGTH = 260;
const SLASH = 0x2f;

let lastAccepted = "";

/** Fast enough for every request: nearly all have the same Host as the previous one. */
export function hasWellFormedHost(request: Request): boolean {
  const host = request.headers.get("host");
  if (host === null) {
    completeUrl(request);
    return true;
  }
  if (host === lastAccepted) return true;
  if (host.length > MAX_LENGTH || !WELL_FORMED.test(host)) return false;
  lastAccepted = host;
  return true;
}

/**
 * HTTP/1.0 needs no Host header, and health checks of load balancers such as HAProxy send none. The framework reads a
 * wrong path from the URL of such a request, which has no origin. (The runtime refuses HTTP/1.1 without a Host.)
 */
function completeUrl(request: Request): void {
  const { url } = request;
  if (url.charCodeAt(0) === SLASH) Object.defineProperty(request, "url", { value: `http://localhost${url}` });
}
