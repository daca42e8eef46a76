/** Brings the event files of imported webhooks from the leader to the other nodes. */
import type { NodeAddress } from "../../http/cluster/forward.ts";
import { createImportClient, type ImportOfLeader, NO_ROOM_THERE } from "../../http/cluster/import-routes.ts";
import type { NodeSignatures } from "../../http/cluster/node-signature.ts";
import { createSeedClient } from "../../http/cluster/seed-client.ts";
import { type Clock, wait } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import type { AwaitedFile } from "../../storage/cluster/import-folder.ts";
import { createImportedFiles } from "../../storage/cluster/imported-files.ts";
import type { ArrivingCopy } from "../../storage/cluster/receive-copy.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { HeardNodes } from "./heard-nodes.ts";
import type { ClusterMember } from "./member.ts";

/** A node that refuses is asked again: it may be starting. */
const TRIES = 5;
const AGAIN_MS = 2_000;

export type ClusterImports = ReturnType<typeof createClusterImports>;

export function createClusterImports(deps: {
  member: Pick<ClusterMember, "leader" | "epoch" | "keepsFiles">;
  others: Pick<HeardNodes, "listKeepers" | "watch" | "whileHeard">;
  dataDir: string;
  mainDb: Readonly<{ replication: Pick<MainDb["replication"], "hasWebhook"> }>;
  files: Pick<WebhookDBManager, "delete">;
  signatures: Pick<NodeSignatures, "sign">;
  clock: Clock;
  log: Logger;
}) {
  const { member, dataDir, mainDb, files, signatures, clock, log } = deps;
  const { listKeepers, watch, whileHeard } = deps.others;
  const { fetchImported } = createSeedClient({ leader: () => null, signatures });
  const askToKeep = createImportClient({ signatures });

  const imported = createImportedFiles({
    dataDir,
    async fetchImported(file, signal) {
      const leading = member.leader()?.node;
      const others = listKeepers().toSorted(
        (a, b) => Number(b.node === leading) - Number(a.node === leading),
      );
      let fault: unknown = noOther();
      for (const from of others) {
        try {
          return await fetchWhileHeard(from, file, signal);
        } catch (error) {
          signal.throwIfAborted();
          fault = error;
        }
      }
      throw fault;
    },
    deleteFile: (id) => files.delete(id),
    isThere: (id) => member.keepsFiles && mainDb.replication.hasWebhook(id),
    clock,
    onTrouble: (message, cause) => log.warn(message, { cause }),
  });

  async function fetchWhileHeard(
    from: NodeAddress,
    file: AwaitedFile,
    signal: AbortSignal,
  ): Promise<ArrivingCopy | null> {
    const { silent, stop } = watch(from);
    try {
      const copy = await fetchImported(from, file, AbortSignal.any([signal, silent]));
      if (copy !== null) return { ...copy, body: endingWith(copy.body, stop) };
    } catch (error) {
      stop();
      throw error;
    }
    stop();
    return null;
  }

  return {
    imported,
    /** Takes the file of the leader's import from that node. */
    async keepReady(of: ImportOfLeader, node: string): Promise<void> {
      const from = listKeepers().find((each) => each.node === node);
      if (from === undefined) throw unknownNode(node);
      await imported.keepReady(of, async (signal) => {
        const copy = await fetchWhileHeard(from, { webhookId: of.webhookId, position: 0 }, signal);
        if (copy === null) throw unknownNode(node);
        return copy;
      });
    },
    /**
     * Resolves once another node has the file of the webhook, which this node, the leader, is about to make visible; at once
     * while no other node is alive. Rejects with AppError `unavailable` if none takes it.
     */
    async spread(webhookId: string): Promise<void> {
      const epoch = member.epoch() ?? 0;
      for (let left = TRIES - 1; ; left--) {
        const others = listKeepers();
        if (others.length === 0) return;
        const asked = others.map((to) =>
          whileHeard(to, (silent) => askToKeep(to, { webhookId, epoch }, silent)),
        );
        try {
          return await Promise.any(asked);
        } catch (error) {
          const faults: unknown[] = error instanceof AggregateError ? error.errors : [error];
          if (left === 0 || faults.every(isForRoom)) throw faults[0];
        }
        await wait(clock, AGAIN_MS);
      }
    },
  };
}

/**
 * Calls `end` once the body was read, broke off, or is not wanted any more. No generator: one that is let go before its first
 * part would never come to its end.
 */
function endingWith(body: AsyncIterable<Uint8Array>, end: () => void): AsyncIterable<Uint8Array> {
  const parts = body[Symbol.asyncIterator]();
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const part = await parts.next().catch((error: unknown) => {
        end();
        throw error;
      });
      if (part.done) end();
      return part;
    },
    async return() {
      end();
      await parts.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function isForRoom(fault: unknown): boolean {
  return fault instanceof AppError && fault.code === NO_ROOM_THERE;
}

function noOther(): AppError {
  return new AppError({ kind: "unavailable", code: "no_copy", message: "No other node is heard." });
}

function unknownNode(node: string): AppError {
  return new AppError({
    kind: "unavailable",
    code: "no_copy",
    message: `Node ${node} is not heard, or has no such file.`,
  });
}
