/** Requests between nodes with a body, which the signature covers by its hash in the address. */
import { AppError } from "../../lib/errors.ts";
import { readBody } from "../body.ts";
import { pathAndQueryOf } from "../request-url.ts";
import { requireNode } from "./node-caller.ts";
import type { NodeFetch } from "./node-fetch.ts";

const TIMEOUT_MS = 10_000;

/** Path and query for a request with this body. */
export function signedPath(path: string, body: Uint8Array | string): string {
  return `${path}?sha256=${new Bun.CryptoHasher("sha256").update(body).digest("hex")}`;
}

/** Posts a value as JSON to a node; `url` is its origin. Rejects as fetch does, also after 10 s without an answer. */
export function postSigned(
  fetchNode: NodeFetch,
  url: string,
  { path, value }: Readonly<{ path: string; value: unknown }>,
): Promise<Response> {
  const body = JSON.stringify(value);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return fetchNode(url, { method: "POST", path: signedPath(path, body), body, signal });
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
