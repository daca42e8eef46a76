/** Refuses state changes that another site's page requests. */
import { AppError } from "../lib/errors.ts";

/**
 * Browsers send Sec-Fetch-Site to HTTPS and localhost only; elsewhere Origin decides. A request with neither does not
 * come from a browser, so it carries only cookies that its sender knows.
 */
export function refuseCrossSite(request: Request, options: { baseUrl: string }): void {
  const site = request.headers.get("sec-fetch-site");
  if (site === "same-origin" || site === "none") return;
  const origin = request.headers.get("origin");
  if (site === null && origin === null) return;
  if (site === null && origin !== null && isOwn(origin, request, options.baseUrl)) return;
  throw new AppError({
    kind: "forbidden",
    code: "cross_site",
    message: "This request came from another site's page and was not carried out.",
    hint: "Open the dashboard itself and try again there. Behind a proxy, BASE_URL must be the address people use.",
  });
}

/** Compares the host only, because a proxy may use another scheme to the gateway than the browser to the proxy. */
function isOwn(origin: string, request: Request, baseUrl: string): boolean {
  if (origin === new URL(baseUrl).origin) return true;
  const host = request.headers.get("host");
  return host !== null && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
