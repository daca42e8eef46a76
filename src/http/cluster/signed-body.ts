/** Requests between nodes with a body, which the signature covers by its hash in the address. */
import { AppError } from "../../lib/errors.ts";
import { readBody } from "../body.ts";
import { pathAndQueryOf } from "../request-url.ts";
import { requireNode } from "./node-caller.ts";

/** Path and query for a request with this body. */
export function signedPath(path: string, body: Uint8Array | string): string {
  return `${path}?sha256=${new Bun.CryptoHasher("sha256").update(body).digest("hex")}`;
}

/** The gate must be in front: it verifies who asks. Throws AppError `forbidden` if the body is not the signed one. */
export async function readSignedBody(
  request: Request,
  { path, maxBytes }: Readonly<{ path: string; maxBytes: number }>,
): Promise<unknown> {
  requireNode(request);
  const body = await readBody(request, maxBytes);
  if (pathAndQueryOf(request.url) !== signedPath(path, body)) throw changed();
  return JSON.parse(Buffer.from(body).toString());
}

function changed(): AppError {
  return new AppError({
    kind: "forbidden",
    code: "node_not_verified",
    message: "The body is not the signed one.",
  });
}
