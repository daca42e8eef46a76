/** Adds headers that restrict what browsers do with a response. */

/** Path of the stylesheet and scripts of pages, without any user content. */
export const ASSETS_PATH = "/assets/";

/** A host that a policy can name; IPv6 addresses and underscores are not allowed. */
const NAMEABLE = /^[a-z0-9.-]+(?::\d{1,5})?$/i;

/**
 * Allows scripts and styles from one folder only, because entrypoint responses share this origin and are written by
 * users. A policy can only name a path with its host, so it lists every host that the page may have been requested by.
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
  // Not no-referrer: browsers would then send "Origin: null" with forms, and the origin check would fail.
  ["referrer-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cache-control", "no-store"],
];

const ONE_YEAR = "max-age=31536000";
const POLICY = "content-security-policy";

/** Keeps headers that are already set. `baseUrl`: the public URL. */
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
