/** Sends a node's own requests to other nodes; those of clients, which it passes on, go through `forward.ts`. */
import { z } from "zod";
import type { NodeSignatures } from "./node-signature.ts";

export type NodeRequest = Readonly<{
  method: "GET" | "POST";
  /** Path and query, which are signed. */
  path: string;
  body?: string;
  /** Nothing else limits the time: making a copy of a large file takes long. */
  signal: AbortSignal;
}>;

/** Rejects as fetch does if the node does not answer. `url` is the node's origin. */
export type NodeFetch = (url: string, request: NodeRequest) => Promise<Response>;

const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});

export type NodeError = z.output<typeof errorSchema>["error"];

export function createNodeFetch({ signatures }: { signatures: Pick<NodeSignatures, "sign"> }): NodeFetch {
  return (url, { method, path, body, signal }) =>
    fetch(new URL(path, url), {
      method,
      ...(body !== undefined && { body }),
      headers: signatures.sign({ method, path, client: null }),
      signal,
      // A kept connection may be one that the node is closing.
      keepalive: false,
      redirect: "error",
      decompress: false,
      // Between nodes there is none, whatever the environment says.
      proxy: false,
      timeout: false,
    });
}

/** Resolves with the error that a node answered; null if the answer is none. */
export async function readNodeError(response: Response): Promise<NodeError | null> {
  return errorSchema.safeParse(await response.json().catch(() => null)).data?.error ?? null;
}
