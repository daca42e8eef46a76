/** The headers that keep browsers from doing more with an answer than it is for. */

/** Where the stylesheet and the scripts of pages are, and nothing that a user wrote. */
export const ASSETS_PATH = "/assets/";

/** A host as a policy can name it; IPv6 addresses and underscores it cannot. */
const NAMEABLE = /^[a-z0-9.-]+(?::\d{1,5})?$/i;

/**
 * Scripts and styles from one folder only: what an entrypoint answers stands on the same origin, and its owner writes
 * it. A policy names a path only behind a host, so all are named by which the page may have been asked for.
 */
function policyFor(hosts: readonly (string | null)[]): string {
  const named = hosts.filter((host) => host !== null);
  const assets = named.every((host) => NAMEABLE.test(host))
    ? [...new Set(named)].map((host) => `${host}${ASSETS_PATH}`).join(" ")
    : "'self'";
  return `default-src 'none'; script-src ${assets}; style-src ${assets}; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
}

const DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  // Not no-referrer: browsers would then send "Origin: null" with forms, and the origin check could not tell.
  ["referrer-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cache-control", "no-store"],
];

const ONE_YEAR = "max-age=31536000";
const POLICY = "content-security-policy";

/** A header that the answer has already is left as it is. `baseUrl`: the public address. */
export function addSecurityHeaders(
  headers: Headers,
  request: Request,
  { baseUrl }: { baseUrl: string },
): void {
  if (!headers.has(POLICY)) {
    const asked = [request.headers.get("host"), request.headers.get("x-forwarded-host")];
    headers.set(POLICY, policyFor([new URL(baseUrl).host, ...asked]));
  }
  for (const [name, value] of DEFAULTS) {
    if (!headers.has(name)) headers.set(name, value);
  }
  if (baseUrl.startsWith("https:")) headers.set("strict-transport-security", ONE_YEAR);
}
