/** Names of headers that owners may set on responses. */
import { z } from "zod";
import { HEADER_NAME } from "../lib/header-token.ts";
import { isActedOn, isResponseHeader } from "./response-headers.ts";

/**
 * Headers of the connection, the gateway's own, and those by which one user's response could act on another's session:
 * all entrypoints share the dashboard's origin.
 */
const RESERVED =
  /^(?:content-(?:type|length|encoding|security-policy.*)|transfer-encoding|connection|keep-alive|upgrade|trailer|te|date|server|set-cookie2?|x-content-type-options|x-frame-options|x-request-id|strict-transport-security|clear-site-data|refresh|service-worker-allowed|x-webhooker-.*)$/i;

export const headerName = z.string().max(100).regex(HEADER_NAME, "is not a valid header name");

function isReserved(name: string): boolean {
  return RESERVED.test(name);
}

/** Custom headers of senders. No proxy or browser acts on them, whatever a stranger has written into one. */
const CHALLENGE_HEADER = /^x-|-(?:challenge|code|response|secret|signature|token|verify)$/i;

/** Returns true if a stranger's challenge may be returned in a header of this name. */
export function isChallengeHeader(name: string): boolean {
  return !isReserved(name) && CHALLENGE_HEADER.test(name) && !isActedOn(name);
}

export const settableHeaderName = headerName
  .refine((name) => !/^content-type$/i.test(name), {
    error: "is set by response_content_type instead",
    abort: true,
  })
  .refine(isResponseHeader, "is a header that cannot be set. Use a custom name, such as X-Answer.");
