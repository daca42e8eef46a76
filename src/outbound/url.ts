/** Validates the URLs that may be called at all, whatever they resolve to. */

/** Maximum length of a configured URL, in characters. */
const MAX_CONFIGURED = 8_192;
/**
 * Maximum length of a called URL, in characters. A sender's path and query are appended to a configured URL, and
 * everything that came in must be able to go out: the head of a received request has at most 16 KiB, and the runtime
 * encodes a byte that is not UTF-8 as nine characters (%EF%BF%BD).
 */
export const MAX_CALLED = MAX_CONFIGURED + 9 * 16 * 1_024;

/** Returns the URL, or its fault in words that follow "the URL" and never repeat it. `maxLength` is in characters. */
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
