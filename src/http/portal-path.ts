/** Where the pages of portals are. */
export const PORTAL_PATH = "/portal";

/** Opens a link, once. The token is in the query, as paths are logged. */
export const OPEN_PORTAL_PATH = `${PORTAL_PATH}/open`;

/** The path of a link with its token. */
export function portalLinkPath(token: string): string {
  return `${OPEN_PORTAL_PATH}?token=${token}`;
}
