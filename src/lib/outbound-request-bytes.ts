/** A request as it goes over the wire: which headers, in which order, and the bytes of a plain HTTP/1.1 request. */
import type { OutboundFailure, OutboundHeaders, OutboundRequest } from "./outbound.ts";
import { failure } from "./outbound-failures.ts";
import type { Place } from "./outbound-place.ts";

/** Said by the client itself; what the caller says on them is left out. */
const FRAMING = new Set(["content-length", "transfer-encoding", "connection"]);
/** Without a Content-Length their receivers may wait for a body. */
const METHODS_WITH_BODY = new Set(["POST", "PUT", "PATCH"]);
/** A body up to this size is copied behind its head, as one write is cheaper than two. */
const MAX_COPIED_BYTES = 64 * 1024;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Name, value, name, value: the form in which order, case and repeats are kept. */
export function headersOf({ headers, method, body }: OutboundRequest, authority: string): string[] {
  const flat = ["Host", hostIn(headers) ?? authority];
  for (const [name, value] of headers) {
    const length = name.length;
    if (length === 4 || length === 10 || length === 14 || length === 17) {
      const lower = name.toLowerCase();
      if (lower === "host" || FRAMING.has(lower)) continue;
    }
    flat.push(name, value);
  }
  if (body.byteLength > 0 || METHODS_WITH_BODY.has(method))
    flat.push("Content-Length", String(body.byteLength));
  return flat;
}

/** In one part or two, to be written one after the other; a failure where it cannot be said in HTTP. */
export function requestBytes(
  request: OutboundRequest,
  place: Place,
): readonly Uint8Array[] | OutboundFailure {
  const { method, body } = request;
  if (!TOKEN.test(method)) return unsayable("its method is no word");
  let head = `${method} ${place.path} HTTP/1.1\r\n`;
  const flat = headersOf(request, place.authority);
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at] ?? "";
    const value = flat[at + 1] ?? "";
    if (!TOKEN.test(name)) return unsayable("a header has no valid name");
    if (!VALUE.test(value)) return unsayable("a header has a value that cannot be sent");
    head += `${name}: ${value}\r\n`;
  }
  head += "Connection: keep-alive\r\n\r\n";
  if (body.byteLength === 0) return [Buffer.from(head, "latin1")];
  if (body.byteLength > MAX_COPIED_BYTES) return [Buffer.from(head, "latin1"), body];
  const bytes = Buffer.allocUnsafe(head.length + body.byteLength);
  bytes.write(head, 0, "latin1");
  bytes.set(body, head.length);
  return [bytes];
}

function unsayable(why: string): OutboundFailure {
  return failure("invalid_request", `the request cannot be sent as HTTP: ${why}`, false);
}

function hostIn(headers: OutboundHeaders): string | undefined {
  return headers.find(([name]) => name.length === 4 && name.toLowerCase() === "host")?.[1];
}
