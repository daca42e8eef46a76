/** Asks other nodes of the cluster for copies of their databases. */
import { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import type { NodeAddress } from "./forward.ts";
import { createNodeFetch, readNodeError } from "./node-fetch.ts";
import type { NodeSignatures } from "./node-signature.ts";
import { SEED_BYTES, SEED_PATH, SEED_SHA256, WEBHOOK_DELETED } from "./seed-routes.ts";

/** A copy as it arrives; the receiver compares length and hash. */
export type ArrivingCopy = Readonly<{ bytes: number; sha256: string; body: ReadableStream<Uint8Array> }>;

export type SeedClient = Readonly<{
  /**
   * Resolves with the leader's copy of the main database, or of a webhook's event file; null if it has no such webhook.
   * Making the copy may take long, and a machine that is gone never answers: abort `signal` when the leader changes.
   * Rejects with AppError `unavailable` for all other answers.
   */
  fetchCopy: (
    what: Readonly<{ webhookId: string | null }>,
    signal: AbortSignal,
  ) => Promise<ArrivingCopy | null>;
  /**
   * Resolves with a node's copy of an imported webhook's event file; null if the webhook was deleted after that position of
   * the log. Else as `fetchCopy`.
   */
  fetchImported: (
    from: NodeAddress,
    file: Readonly<{ webhookId: string; position: number }>,
    signal: AbortSignal,
  ) => Promise<ArrivingCopy | null>;
}>;

const headSchema = z.object({
  bytes: z.coerce.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export function createSeedClient(deps: {
  leader: () => NodeAddress | null;
  signatures: Pick<NodeSignatures, "sign">;
}): SeedClient {
  const { leader: findLeader, signatures } = deps;
  const fetchNode = createNodeFetch({ signatures });

  /** Resolves with null for an answer with the code `absent`. */
  async function fetchFrom(
    { node, url }: NodeAddress,
    { path, absent }: Readonly<{ path: string; absent: string }>,
    signal: AbortSignal,
  ): Promise<ArrivingCopy | null> {
    const response = await fetchNode(url, { method: "GET", path, signal }).catch((cause: unknown) => {
      throw refused(`Node ${node} did not answer.`, { cause });
    });
    if (response.ok && response.body !== null) return { ...headOf(response), body: response.body };
    const told = await readNodeError(response);
    if (told?.code === absent) return null;
    const reason = told?.message ?? `It answered with ${response.status}.`;
    throw refused(`Node ${node} gives no copy: ${reason}`, { hint: told?.hint });
  }

  return {
    async fetchCopy({ webhookId }, signal) {
      const leader = findLeader();
      if (leader === null) throw refused("The cluster has no leader at the moment.");
      const path = `${SEED_PATH}/${webhookId === null ? "main" : `events/${webhookId}`}`;
      return fetchFrom(leader, { path, absent: "not_found" }, signal);
    },
    fetchImported: (from, { webhookId, position }, signal) =>
      fetchFrom(
        from,
        { path: `${SEED_PATH}/imports/${webhookId}?after=${position}`, absent: WEBHOOK_DELETED },
        signal,
      ),
  };
}

function headOf({ headers }: Response): Readonly<{ bytes: number; sha256: string }> {
  return headSchema.parse({ bytes: headers.get(SEED_BYTES), sha256: headers.get(SEED_SHA256) });
}

function refused(
  message: string,
  { cause, hint }: { cause?: unknown; hint?: string | undefined } = {},
): AppError {
  return new AppError({
    kind: "unavailable",
    code: "no_copy",
    message,
    ...(hint !== undefined && { hint }),
    cause,
  });
}
