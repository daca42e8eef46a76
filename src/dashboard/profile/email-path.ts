/** Where the profile's form for an e-mail address is sent. */
export const EMAIL_PATH = "/profile/email";
