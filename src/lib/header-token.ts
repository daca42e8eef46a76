/** The characters of header names: the tokens of HTTP (RFC 9110, section 5.6.2). */

/** The source of a pattern, for use inside longer ones. */
export const HEADER_TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

/** Matches a whole header name. */
export const HEADER_NAME = new RegExp(`^${HEADER_TOKEN}$`);
