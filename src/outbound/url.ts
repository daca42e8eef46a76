/** Which URLs may be called at all, whatever they resolve to. */

/** Of a URL that a person configures, in characters. */
const MAX_CONFIGURED = 8_192;
/**
 * Of a URL that is called. A sender's path and query are added to a configured one, and what came in must be able to
 * go out: the head of a received request has 16 KiB at most, and a byte that is no UTF-8 is nine characters (%EF%BF%BD)
 * in the URL that the runtime makes of it.
 */
export const MAX_CALLED = MAX_CONFIGURED + 9 * 16 * 1_024;

/**
 * The URL, or what is wrong with it in words that follow "the URL"; they never repeat it. `maxLength` in characters.
 */
export function parseOutboundUrl(text: string, maxLength = MAX_CONFIGURED): URL | string {
  if (text.length > maxLength) return `is longer than ${maxLength} characters`;
  const url = URL.parse(text);
  if (url === null) return "is not a valid absolute URL";
  if (url.protocol !== "http:" && url.protocol !== "https:") return "must begin with http:// or https://";
  if (url.username !== "" || url.password !== "") {
    return "must not contain a user name or password: use an Authorization header";
  }
  if (url.hostname === "") return "has no host";
  if (url.port === "0") return "has port 0, which cannot be reached";
  return url;
}
