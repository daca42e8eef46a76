/** The cookie of an opened portal link: one for each link, sent to that portal's own pages only. */
import { readCookie } from "../cookies.ts";
import { portalPath } from "./paths.ts";

const NAME = "webhooker_portal";

export function readPortalCookie(request: Request): string | null {
  return readCookie(request, NAME);
}

/**
 * In another site's frame a browser sends only cookies with SameSite=None, which must be Secure; Partitioned keeps them to
 * that site, so that browsers without third-party cookies take them too. Posted forms are checked by their origin.
 */
export function writePortalCookie(of: {
  linkId: string;
  token: string;
  maxAgeSeconds: number;
  isFramed: boolean;
  isHttps: boolean;
}): string {
  const { linkId, token, maxAgeSeconds, isFramed, isHttps } = of;
  const alone = isHttps ? "SameSite=Lax; Secure" : "SameSite=Lax";
  const site = isFramed ? "SameSite=None; Secure; Partitioned" : alone;
  return `${NAME}=${token}; Path=${portalPath(linkId)}; HttpOnly; Max-Age=${maxAgeSeconds}; ${site}`;
}
