/**
 * Everything the rest of the program may do with rejected requests; each call is one bounded step of the event loop.
 */
import type { Recorded } from "../event-db/duplicates.ts";
import {
  countRejected,
  findFirstReceivedAt,
  findRejected,
  listRejected,
  listRejectedIds,
  type RejectedDraft,
  type RejectedPage,
  type RejectedRequest,
  type Reverified,
} from "../event-db/rejected.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { readEventFile } from "../reader/read-event-file.ts";
import type { EventWriter } from "../writer/event-writer.ts";

/** Every call rejects with AppError `unavailable` if the webhook's file cannot be used. */
export type RejectedStore = Readonly<{
  /** Resolves once the request is committed, synced or not: no response promises that it is kept. */
  keep: (webhookId: string, draft: RejectedDraft) => Promise<void>;
  /** Newest first. */
  list: (
    webhookId: string,
    asked: Readonly<{ entrypointId: string | null; limit: number; cursor: string | null }>,
  ) => Promise<RejectedPage>;
  /** Oldest first; a few thousand at most. */
  listIds: (webhookId: string, entrypointId: string | null) => Promise<readonly string[]>;
  find: (webhookId: string, id: string) => Promise<RejectedRequest | null>;
  /** Counts by entrypoint. */
  count: (webhookId: string) => Promise<ReadonlyMap<string, number>>;
  /** Turns rejected requests into events; resolves once the events are on disk. Null for a request that was gone. */
  accept: (webhookId: string, reverified: readonly Reverified[]) => Promise<readonly (Recorded | null)[]>;
  setReasons: (webhookId: string, reasons: ReadonlyMap<string, string>) => Promise<void>;
  /** Deletes the requests; returns how many existed. */
  remove: (webhookId: string, ids: readonly string[]) => Promise<number>;
  findFirstReceivedAt: (webhookId: string, eventId: string) => Promise<number | null>;
}>;

export function createRejectedStore(options: {
  files: WebhookDBManager;
  writer: Pick<EventWriter, "run">;
}): RejectedStore {
  const { files, writer } = options;
  return {
    keep: (webhookId, draft) => writer.run(webhookId, { name: "keepRejected", draft }),
    list: (webhookId, asked) => readEventFile(files, webhookId, (file) => listRejected(file, asked)),
    listIds: (webhookId, entrypointId) =>
      readEventFile(files, webhookId, (file) => listRejectedIds(file, entrypointId)),
    find: (webhookId, id) => readEventFile(files, webhookId, (file) => findRejected(file, id)),
    count: (webhookId) => readEventFile(files, webhookId, countRejected),
    accept: (webhookId, reverified) => writer.run(webhookId, { name: "acceptRejected", reverified }),
    setReasons: (webhookId, reasons) => writer.run(webhookId, { name: "setReasons", reasons: [...reasons] }),
    remove: (webhookId, ids) => writer.run(webhookId, { name: "deleteRejected", ids }),
    findFirstReceivedAt: (webhookId, eventId) =>
      readEventFile(files, webhookId, (file) => findFirstReceivedAt(file, eventId)),
  };
}
