/** Names of headers that people may let an answer carry. */
import { z } from "zod";
import { HEADER_NAME } from "../lib/header-token.ts";
import { isActedOn, isAnswerHeader } from "./answer-headers.ts";

/**
 * The connection's, the gateway's own, and those by which one user's answer could act on another's session: all
 * entrypoints share the dashboard's origin.
 */
const RESERVED =
  /^(?:content-(?:type|length|encoding|security-policy.*)|transfer-encoding|connection|keep-alive|upgrade|trailer|te|date|server|set-cookie2?|x-content-type-options|x-frame-options|x-request-id|strict-transport-security|clear-site-data|refresh|service-worker-allowed|x-webhooker-.*)$/i;

export const headerName = z.string().max(100).regex(HEADER_NAME, "is not a valid header name");

function isReserved(name: string): boolean {
  return RESERVED.test(name);
}

/** Of senders' own making. A proxy or a browser acts on none of them, whatever a stranger has written into it. */
const CHALLENGE_HEADER = /^x-|-(?:challenge|code|response|secret|signature|token|verify)$/i;

/** Whether what a stranger sends may be sent back in a header of this name. */
export function isChallengeHeader(name: string): boolean {
  return !isReserved(name) && CHALLENGE_HEADER.test(name) && !isActedOn(name);
}

export const settableHeaderName = headerName.refine(
  isAnswerHeader,
  "is a header that cannot be set. Use a custom name, such as X-Answer.",
);
