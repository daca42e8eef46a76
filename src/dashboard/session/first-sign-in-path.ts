/** Address of the link that the first start prints. */
export const FIRST_SIGN_IN_PATH = "/pages/first-sign-in";
