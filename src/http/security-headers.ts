/** The headers that keep browsers from doing more with an answer than it is for. */

const DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  [
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  ],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  // Not no-referrer: browsers would then send "Origin: null" with forms, and the origin check could not tell.
  ["referrer-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cache-control", "no-store"],
];

const ONE_YEAR = "max-age=31536000";

/** A header that the answer has already is left as it is. `https`: the public address is an https one. */
export function addSecurityHeaders(headers: Headers, options: { https: boolean }): void {
  for (const [name, value] of DEFAULTS) {
    if (!headers.has(name)) headers.set(name, value);
  }
  if (options.https) headers.set("strict-transport-security", ONE_YEAR);
}
