/** Address of the page of a user's linked accounts. */
export const IDENTITIES_PATH = "/profile/single-sign-on";
