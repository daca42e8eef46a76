/** Decides whether a redirect can be followed without losing part of the event; pure. */
import { MAX_CALLED, parseOutboundUrl } from "../outbound/url.ts";
import type { HeaderList } from "./target-type.ts";

export const MAX_REDIRECTS = 5;

export type Redirect =
  | Readonly<{ kind: "follow"; url: string; isSameOrigin: boolean }>
  /** `reason` follows "HTTP 302: ". */
  | Readonly<{ kind: "refused"; reason: string }>;

/** Statuses that name another location. 304 and 300 do not. */
const STATUSES = new Set([301, 302, 303, 307, 308]);
/** These keep method and body (RFC 9110 15.4.8 and 15.4.9). For the others, clients turn a POST into a GET. */
const KEEPING = new Set([307, 308]);
const WITHOUT_BODY = new Set(["GET", "HEAD"]);

/** Does not check the address: the client checks it for each hop when it connects. */
export function redirectOf(response: {
  statusCode: number;
  headers: HeaderList;
  method: string;
  /** URL that sent the redirect. */
  url: string;
  /** Number of redirects followed so far. */
  followed: number;
}): Redirect {
  const { statusCode, method, followed } = response;
  if (!STATUSES.has(statusCode)) return refused("the redirect has no usable destination");
  if (!KEEPING.has(statusCode) && !WITHOUT_BODY.has(method)) {
    return refused(
      `only 307 and 308 are followed, because others would turn a ${method} into a GET without a body`,
    );
  }
  if (followed >= MAX_REDIRECTS) return refused(`more than ${MAX_REDIRECTS} redirects`);
  const location = response.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (location === undefined) return refused("the response has no Location");
  const base = new URL(response.url);
  const url = parseOutboundUrl(URL.parse(escaped(location), base.href)?.href ?? "", MAX_CALLED);
  if (typeof url === "string") return refused(`the URL in its Location ${url}`);
  if (base.protocol === "https:" && url.protocol !== "https:")
    return refused("the redirect leads from https to http");
  url.hash = "";
  return { kind: "follow", url: url.href, isSameOrigin: url.origin === base.origin };
}

/** Escapes the bytes beyond ASCII, of which a header's value has one per character: most are UTF-8, not Latin-1. */
function escaped(location: string): string {
  return location.replaceAll(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

function refused(reason: string): Redirect {
  return { kind: "refused", reason };
}
