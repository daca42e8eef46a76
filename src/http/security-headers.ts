/** Adds headers that restrict what browsers do with a response. */

/** Path of the stylesheet and scripts of pages, without any user content. */
export const ASSETS_PATH = "/assets/";

/** A host that a policy can name; IPv6 addresses and underscores are not allowed. */
const NAMEABLE = /^[a-z0-9.-]+(?::\d{1,5})?$/i;

/**
 * Allows scripts and styles from one folder only, because entrypoint responses share this origin and are written by
 * users. A policy can only name a path with its host, so it lists every host that the page may have been requested by.
 */
export function pagePolicy(
  request: Request,
  options: {
    /** The public URL. */
    baseUrl: string;
    /** The origin whose pages may frame this one, or "*" for any; null: none may. */
    framedBy?: string | null;
    /** Another folder for styles. */
    styles?: string;
  },
): string {
  const { baseUrl, framedBy = null, styles } = options;
  const asked = [request.headers.get("host"), request.headers.get("x-forwarded-host")];
  const named = [new URL(baseUrl).host, ...asked].filter((host) => host !== null);
  const areNameable = named.every((host) => NAMEABLE.test(host));
  const within = (folder: string) =>
    areNameable ? [...new Set(named)].map((host) => `${host}${folder}`).join(" ") : "'self'";
  const assets = within(ASSETS_PATH);
  const sheets = styles === undefined ? assets : `${assets} ${within(styles)}`;
  return `default-src 'none'; script-src ${assets}; style-src ${sheets}; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors ${framedBy ?? "'none'"}`;
}

/** Browsers that know frame-ancestors heed nothing else; for others the header would forbid every frame. */
const FRAMED = /frame-ancestors (?:https?:|\*)/;

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
  if (!headers.has(POLICY)) headers.set(POLICY, pagePolicy(request, { baseUrl }));
  const isFramed = FRAMED.test(headers.get(POLICY) ?? "");
  for (const [name, value] of DEFAULTS) {
    if (!headers.has(name) && !(isFramed && name === "x-frame-options")) headers.set(name, value);
  }
  if (baseUrl.startsWith("https:")) headers.set("strict-transport-security", ONE_YEAR);
}
