/** Where the sign-in page sends a device's answer. */
export const PASSKEY_SIGN_IN_PATH = "/pages/login/passkey";
