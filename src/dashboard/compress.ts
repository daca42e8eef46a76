/** Sends pages compressed to browsers that can read them so: lists of like rows shrink to a twentieth. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Below this the headers would cost what the packing saves. */
const WORTH_PACKING = 1_024;

/** Off the event loop. */
const pack = promisify(gzip);

/**
 * Only whole pages: streams must not wait to be packed, and bodies of events go out as they came.
 * A packed page's length cannot be used to guess at it from another site, whose requests carry no session.
 */
export async function compressPage(request: Request, answer: Response): Promise<Response> {
  if (answer.headers.get("content-type")?.startsWith("text/html") !== true) return answer;
  const headers = new Headers(answer.headers);
  headers.append("vary", "accept-encoding");
  const plain = new Uint8Array(await answer.arrayBuffer());
  const { status } = answer;
  if (plain.byteLength < WORTH_PACKING || !acceptsGzip(request)) {
    return new Response(plain, { status, headers });
  }
  headers.set("content-encoding", "gzip");
  return new Response(await pack(plain, { level: 4 }), { status, headers });
}

function acceptsGzip(request: Request): boolean {
  return request.headers.get("accept-encoding")?.includes("gzip") === true;
}
