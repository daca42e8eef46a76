/** Address of the page on which users set up their second factor. */
export const SECOND_FACTOR_PATH = "/profile/second-factor";
