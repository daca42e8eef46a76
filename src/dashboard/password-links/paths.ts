/** Addresses of the pages for lost passwords. */
export const FORGOT_PATH = "/pages/forgot-password";
