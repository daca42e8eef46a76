/**
 * Headers and content types that owners may set on responses: all entrypoints share the dashboard's origin and its
 * proxy.
 */

/**
 * Standard headers that act on nothing but the response itself: CORS for senders in browsers, the permission of
 * CloudEvents.
 */
const STANDARD =
  /^(?:access-control-(?:allow-(?:origin|methods|headers)|expose-headers|max-age)|content-language|webhook-allowed-(?:origin|rate))$/;

/** Custom names. */
const CUSTOM = /^x-[a-z0-9._-]+$/;

/**
 * Names beginning with X- on which browsers, reverse proxies (nginx' X-Accel-Redirect, X-Sendfile, X-Reproxy-URL,
 * Envoy's X-Envoy-Immediate-Health-Check-Fail), caches or platforms act, and the gateway's own.
 */
const ACTING = new RegExp(
  `^x-(?:${[
    "accel|sendfile|lighttpd|litespeed|lsadc|reproxy|envoy|istio|haproxy|nginx|traefik|kong|cascade|rack|passenger",
    "forwarded|proxy|real|original|rewrite|replaced|upstream|redirect|http-method|method-override|auth-request",
    "middleware|vercel|now|nf|amz|amzn|ms|azure|fd|goog|appengine|cloud|fly|heroku|railway|render|cf|fastly|akamai",
    "cache|cdn|edge|esi|surrogate|varnish|pagespeed|mod-pagespeed|purge|ttl|served|served-by|backend|varied",
    "frame|content|xss|dns|download|permitted|ua|robots|csp|webkit|sourcemap|firefox|chrome|powered|aspnet",
    "request-id|webhooker",
  ].join("|")})(?:-|\\d|$)`,
);

export function isActedOn(name: string): boolean {
  return ACTING.test(name.toLowerCase());
}

/** Returns true if a response may have this header, in any case. */
export function isResponseHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return STANDARD.test(lower) || (CUSTOM.test(lower) && !isActedOn(lower));
}

/**
 * Data types that a browser neither runs, applies nor shows as a page. Commas are excluded, because browsers use the
 * type after one.
 */
const TYPE = new RegExp(
  `^(?:${[
    "text/(?:plain|xml|csv)",
    "application/(?:json|xml|soap\\+xml|x-www-form-urlencoded|octet-stream|x-ndjson)",
    "application/(?:ld|hal|problem|cloudevents|vnd\\.[a-z0-9._-]+)\\+json",
    "application/vnd\\.[a-z0-9._-]+\\+xml",
  ].join("|")})(?: ?; ?[a-z0-9-]+=(?:[a-z0-9._-]+|"[a-z0-9._ :/-]+"))*$`,
  "i",
);

export function isResponseType(type: string): boolean {
  return TYPE.test(type);
}
