/** Refuses state changes that another site's page asks for. */
import { AppError } from "../lib/errors.ts";

/**
 * Sec-Fetch-Site is the browser's own word; it is sent to https and localhost only, and then Origin decides.
 * A request with neither is not a browser's, and carries only the cookies that its sender knows.
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

/** A proxy may speak another scheme to the gateway than to the browser, so the host alone is compared. */
function isOwn(origin: string, request: Request, baseUrl: string): boolean {
  if (origin === new URL(baseUrl).origin) return true;
  const host = request.headers.get("host");
  return host !== null && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
