/** By these the leader has other nodes keep the file of a webhook that it is about to import. */
import { Elysia } from "elysia";
import { AppError } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import { IDLE_SECONDS } from "../listen.ts";
import type { NodeAddress } from "./forward.ts";
import { CLUSTER_PREFIX } from "./gate.ts";
import { callerOf, requireNode } from "./node-caller.ts";
import { createNodeFetch, readNodeError } from "./node-fetch.ts";
import type { NodeSignatures } from "./node-signature.ts";

const IMPORTS_PATH = `${CLUSTER_PREFIX}imports`;

export type ImportOfLeader = Readonly<{ webhookId: string; epoch: number }>;

export type ImportRoutes = ReturnType<typeof importRoutes>;

/** The gate must be in front: it verifies who asks. */
export function importRoutes(deps: {
  /** Takes the file from that node; resolves once it is on disk. */
  keepReady: (of: ImportOfLeader, from: string) => Promise<void>;
}) {
  return new Elysia({ name: "imports" }).post(
    `${IMPORTS_PATH}/:webhookId`,
    async ({ request, server, params: { webhookId }, query }) => {
      requireNode(request);
      const epoch = Number(query.epoch);
      if (!isId(webhookId) || !Number.isSafeInteger(epoch)) throw malformed();
      // A large file takes longer than connections may be idle.
      server?.timeout(request, 0);
      try {
        await deps.keepReady({ webhookId, epoch }, callerOf(request)?.node ?? "");
      } finally {
        server?.timeout(request, IDLE_SECONDS);
      }
      return Response.json({ ready: true });
    },
    { parse: "none" },
  );
}

export type AskToKeep = (to: NodeAddress, of: ImportOfLeader, signal: AbortSignal) => Promise<void>;

/** Codes of a node that has no room for the file. It is of no use to ask it again at once. */
const NO_ROOM: ReadonlySet<string> = new Set(["too_little_space", "disk_full"]);

/** Its code if that is why a node does not keep the file. */
export const NO_ROOM_THERE = "no_room_at_other_node";

/** Returns what asks a node to keep the file; it rejects with AppError `unavailable` if the node does not. */
export function createImportClient({ signatures }: { signatures: Pick<NodeSignatures, "sign"> }): AskToKeep {
  const fetchNode = createNodeFetch({ signatures });
  return async ({ node, url }, { webhookId, epoch }, signal) => {
    const path = `${IMPORTS_PATH}/${webhookId}?epoch=${epoch}`;
    const response = await fetchNode(url, { method: "POST", path, signal }).catch((cause: unknown) => {
      throw notKept(`node ${node} does not answer`, { cause });
    });
    const told = await readNodeError(response);
    if (response.ok) return;
    const reason = `node ${node}: ${told?.message ?? `it answered with status ${response.status}`}`;
    throw notKept(reason, told !== null && NO_ROOM.has(told.code) ? { code: NO_ROOM_THERE } : {});
  };
}

function notKept(reason: string, { code = "not_kept", cause }: { code?: string; cause?: unknown }): AppError {
  return new AppError({
    kind: "unavailable",
    code,
    message: `No other node could take the imported file (${reason}).`,
    hint: "See to that node, or try again.",
    retryAfterSeconds: 5,
    cause,
  });
}

function malformed(): AppError {
  return new AppError({ kind: "malformed", message: "The request names no import." });
}
