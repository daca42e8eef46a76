/** Which URLs may be called at all, whatever they resolve to. */

const MAX_URL_LENGTH = 8192;

/** The URL, or what is wrong with it in words that follow "the URL"; they never repeat it. */
export function parseOutboundUrl(text: string): URL | string {
  if (text.length > MAX_URL_LENGTH) return `is longer than ${MAX_URL_LENGTH} characters`;
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
