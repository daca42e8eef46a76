/** Where the pages of portals are. */
export const PORTAL_PATH = "/portal";
