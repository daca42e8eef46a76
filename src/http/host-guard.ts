/** Refuses malformed Host headers: the framework would read a wrong path from them. */

const WELL_FORMED = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9.])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const MAX_LENGTH = 260;

let lastAccepted = "";

/** Cheap enough for every request: nearly all carry the same Host as the one before. */
export function hasWellFormedHost(request: Request): boolean {
  const host = request.headers.get("host");
  // Requests made in the process carry none; one from the network then has no absolute URL.
  if (host === null) return request.url.charCodeAt(0) !== 47;
  if (host === lastAccepted) return true;
  if (host.length > MAX_LENGTH || !WELL_FORMED.test(host)) return false;
  lastAccepted = host;
  return true;
}
