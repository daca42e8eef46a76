/** By these the leader asks nodes for digests of their databases. */
import { Elysia } from "elysia";
import { z } from "zod";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { IDLE_SECONDS } from "../listen.ts";
import type { NodeAddress } from "./forward.ts";
import { CLUSTER_PREFIX } from "./gate.ts";
import { requireNode } from "./node-caller.ts";
import { createNodeFetch, readNodeError } from "./node-fetch.ts";
import type { NodeSignatures } from "./node-signature.ts";

const DIGESTS_PATH = `${CLUSTER_PREFIX}digests`;
const MAIN = "main";
const NONE = "no_digest";

/** Digests by table, and the schema version of the database. */
type Digest = Readonly<{ schema: number; tables: ReadonlyMap<string, string> }>;
type MainDigest = Digest & Readonly<{ position: number; hasUnshipped: boolean }>;

const tablesSchema = z.record(z.string(), z.string()).transform((tables) => new Map(Object.entries(tables)));
const copySchema = z.object({ schema: z.number(), tables: tablesSchema });
const mainSchema = copySchema.extend({ position: z.number(), hasUnshipped: z.boolean() });

/** The gate must be in front: it verifies who asks. */
export function digestRoutes(deps: {
  /** Null if the log has not brought that comparison here lately. */
  find: (id: string) => Promise<Digest> | null;
  ofMainDatabase: () => Promise<MainDigest>;
}) {
  return new Elysia({ name: "digests" }).get(
    `${DIGESTS_PATH}/:id`,
    async ({ request, server, params: { id } }) => {
      requireNode(request);
      // A large file takes longer than connections may be idle.
      server?.timeout(request, 0);
      try {
        const made = id === MAIN ? deps.ofMainDatabase() : deps.find(id);
        if (made === null)
          throw new AppError({ kind: "not_found", code: NONE, message: "There is no digest." });
        const { tables, ...digest } = await made.catch((cause: unknown) => {
          throw new AppError({ kind: "unavailable", message: errorMessage(cause), cause });
        });
        return Response.json({ ...digest, tables: Object.fromEntries(tables) });
      } finally {
        server?.timeout(request, IDLE_SECONDS);
      }
    },
  );
}

/** Both reject with AppError `unavailable` if the node does not answer or says that something is wrong. */
export type DigestClient = Readonly<{
  /** Resolves with null if the log has not brought the comparison to the node, or not lately. */
  fetchDigest: (from: NodeAddress, id: string, signal: AbortSignal) => Promise<Digest | null>;
  fetchMainDigest: (from: NodeAddress, signal: AbortSignal) => Promise<MainDigest>;
}>;

export function createDigestClient({
  signatures,
}: {
  signatures: Pick<NodeSignatures, "sign">;
}): DigestClient {
  const fetchNode = createNodeFetch({ signatures });

  /** Null for an answer with the code `NONE`. */
  async function ask({ url }: NodeAddress, what: string, signal: AbortSignal): Promise<unknown> {
    const path = `${DIGESTS_PATH}/${what}`;
    const response = await fetchNode(url, { method: "GET", path, signal }).catch((cause: unknown) => {
      throw notCompared("It does not answer.", cause);
    });
    if (response.ok) return response.json();
    const told = await readNodeError(response);
    if (told?.code === NONE) return null;
    throw notCompared(told?.message ?? `It answered with status ${response.status}.`);
  }

  return {
    fetchDigest: async (from, id, signal) => copySchema.nullable().parse(await ask(from, id, signal)),
    fetchMainDigest: async (from, signal) => mainSchema.parse(await ask(from, MAIN, signal)),
  };
}

function notCompared(message: string, cause?: unknown): AppError {
  return new AppError({ kind: "unavailable", code: "not_compared", message, cause });
}
