/** Address of the page of a user's passkeys. */
export const PASSKEYS_PATH = "/profile/passkeys";
