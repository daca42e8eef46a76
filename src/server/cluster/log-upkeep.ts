/**
 * Syncs what the log's entries have written, notes how far it goes, and trims the log once all nodes have that. Files that
 * followers have written are made smaller where events were deleted.
 */
import type { Clock } from "../../lib/clock.ts";
import { every } from "../../lib/every.ts";
import type { Logger } from "../../observability/log.ts";
import type { Applier } from "../../storage/cluster/applier.ts";
import type { EventLog } from "../../storage/cluster/event-log.ts";
import type { HeardNode } from "../../storage/cluster/leadership.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { LocalWriter } from "../../storage/writer/event-writer.ts";
import { startSpaceUpkeep } from "./space-upkeep.ts";

const SYNC_MS = 5_000;
const TRIM_MS = 60_000;
/** A node that is away for less than this finds in the log what it lacks. */
const KEEP_MS = 10 * 60_000;
/**
 * A keeper that was not heard for this long is not waited for; it takes its files from the leader when it returns. The list of
 * keepers is the same at every leader, so none waits longer than `KEEP_MS` for a node that was forgotten, or for a spare.
 */
const AWAY_MS = 24 * 60 * 60_000;
/** Nodes with event files that must have an entry on disk before the log drops it, unless fewer are to keep them. */
const FEWEST_KEEPERS = 2;

export function startLogUpkeep(deps: {
  eventLog: Pick<EventLog, "trim">;
  applier: Pick<Applier, "applied" | "takeTouched">;
  files: Pick<WebhookDBManager, "isOpen" | "open" | "pin" | "unpin" | "syncFolder">;
  vacuum: LocalWriter["vacuum"];
  mainDb: Pick<MainDb, "replication" | "keepers" | "synced">;
  nodes: () => readonly HeardNode[];
  /** Nodes that are to keep the event files. */
  copies: number;
  isLeading: () => boolean;
  onSynced: (position: number) => void;
  clock: Clock;
  log: Logger;
}): Readonly<{
  /** Resolves once no file is being synced. */
  stop: () => Promise<void>;
}> {
  const { eventLog, applier, files, mainDb, nodes, copies, isLeading, onSynced, clock, log } = deps;
  const space = startSpaceUpkeep(deps);
  let syncing: Promise<void> | null = null;
  const unsynced = new Set<string>();
  /** Positions that all nodes had on disk, and when. */
  let had: { readonly position: number; readonly at: number }[] = [];

  async function sync(): Promise<void> {
    const position = applier.applied();
    for (const webhookId of applier.takeTouched()) unsynced.add(webhookId);
    for (const webhookId of unsynced) {
      // A file that was closed since was synced then.
      if (files.isOpen(webhookId)) await syncFile(webhookId);
      space.note(webhookId);
      unsynced.delete(webhookId);
    }
    await mainDb.synced();
    mainDb.replication.noteSynced(position);
    onSynced(position);
  }

  async function syncFile(webhookId: string): Promise<void> {
    const file = files.open(webhookId);
    files.pin(file);
    try {
      await Promise.all([file.syncWal(), files.syncFolder(file)]);
    } finally {
      files.unpin(file);
    }
  }

  function trySync(): void {
    syncing ??= sync()
      .catch((error: unknown) => log.warn("event files could not be synced", { cause: error }))
      .finally(() => {
        syncing = null;
      });
  }

  function trim(): void {
    const now = clock.monotonic();
    const listed = new Set(mainDb.keepers.list());
    const isWaitedFor = ({ node, at, beat }: HeardNode) =>
      // A node that takes its first copy does not know yet where it will begin.
      now - at < (listed.has(node) ? AWAY_MS : KEEP_MS) && !isBeginning(beat);
    const waitedFor = nodes().filter(isWaitedFor);
    const position = Math.min(...waitedFor.map(({ beat }) => beat.synced));
    const keepers = waitedFor.filter(({ beat }) => beat.files === "all");
    if (!isLeading() || keepers.length < Math.min(copies, FEWEST_KEEPERS)) return;
    had = [...had, { position, at: now }];
    const old = had.filter(({ at }) => now - at >= KEEP_MS);
    // A node whose files are older than what was heard before may have come meanwhile.
    const upTo = Math.min(old.at(-1)?.position ?? 0, position);
    if (upTo === 0) return;
    had = had.slice(old.length - 1);
    eventLog.trim(0, upTo).catch((error: unknown) => {
      log.warn("the cluster's log could not be trimmed", { cause: error });
    });
  }

  const stops = [every(clock, SYNC_MS, trySync), every(clock, TRIM_MS, trim)];
  return {
    async stop() {
      for (const stop of stops) stop();
      await space.stop();
      await syncing;
    },
  };
}

function isBeginning({ files, synced }: HeardNode["beat"]): boolean {
  return files === "coming" && synced === 0;
}
