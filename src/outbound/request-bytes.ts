/** Serialises a request as plain HTTP/1.1: which headers, in which order, and the bytes. */

import { HEADER_NAME } from "../lib/header-token.ts";
import { userAgent } from "../lib/version.ts";
import type { Connection } from "./connection.ts";
import { failure } from "./failures.ts";
import type { Origin } from "./origin.ts";
import type { OutboundFailure, OutboundHeaders, OutboundRequest } from "./outbound.ts";

/** Headers that the client sets itself; the caller's values are left out. */
const FRAMING = new Set(["content-length", "transfer-encoding", "connection"]);
/** Methods whose receivers may wait for a body if there is no Content-Length. */
const METHODS_WITH_BODY = new Set(["POST", "PUT", "PATCH"]);
const NOTHING: readonly Uint8Array[] = [];

const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Returns name, value, name, value, which keeps order, case and repeats. Adds a User-Agent if the caller names none.
 */
export function headersOf({ headers, method, body }: OutboundRequest, authority: string): string[] {
  const flat = ["Host", hostIn(headers) ?? authority];
  let hasUserAgent = false;
  for (const [name, value] of headers) {
    const length = name.length;
    if (length === 4 || length === 10 || length === 14 || length === 17) {
      const lower = name.toLowerCase();
      if (lower === "host" || FRAMING.has(lower)) continue;
      if (lower === "user-agent") hasUserAgent = true;
    }
    flat.push(name, value);
  }
  if (!hasUserAgent) flat.push("User-Agent", userAgent);
  if (body.byteLength > 0 || METHODS_WITH_BODY.has(method))
    flat.push("Content-Length", String(body.byteLength));
  return flat;
}

/** Returns everything before the body, in Latin-1; a failure if HTTP cannot express the request. */
export function requestHead(request: OutboundRequest, origin: Origin): string | OutboundFailure {
  const { method } = request;
  if (!HEADER_NAME.test(method)) return invalidRequest("the method is not valid");
  // Joined at the end: a string that grows by each header would leave three intermediate strings each time.
  const parts = [method, " ", origin.path, " HTTP/1.1\r\n"];
  const flat = headersOf(request, origin.authority);
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at] ?? "";
    const value = flat[at + 1] ?? "";
    if (!HEADER_NAME.test(name)) return invalidRequest("a header has no valid name");
    if (!VALUE.test(value)) return invalidRequest("a header has a value that cannot be sent");
    parts.push(name, ": ", value, "\r\n");
  }
  parts.push("Connection: keep-alive\r\n\r\n");
  return parts.join("");
}

/** Buffer in which short requests are assembled: one that is written completely needs no memory of its own. */
const together = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Writes as much as the connection accepts now. Returns the rest as parts to be written in order; null if the
 * connection is gone.
 */
export function writeRequest(
  head: string,
  body: Uint8Array,
  connection: Pick<Connection, "write">,
): readonly Uint8Array[] | null {
  const length = head.length + body.byteLength;
  // One write is cheaper than two, up to a size at which the copy costs more.
  if (length > together.byteLength) return [Buffer.from(head, "latin1"), body];
  together.write(head, 0, "latin1");
  together.set(body, head.length);
  const written = connection.write(together, 0, length);
  if (written < 0) return null;
  return written === length ? NOTHING : [new Uint8Array(together.subarray(written, length))];
}

function invalidRequest(why: string): OutboundFailure {
  return failure("invalid_request", `the request cannot be sent as HTTP: ${why}`, false);
}

function hostIn(headers: OutboundHeaders): string | undefined {
  for (const [name, value] of headers) if (name.length === 4 && name.toLowerCase() === "host") return value;
  return undefined;
}
