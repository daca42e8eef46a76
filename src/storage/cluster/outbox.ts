/**
 * Gathers what this node writes in one turn of its event loop into records, appends them to the log, and keeps them until
 * the log's reader brings them back.
 */
import { bytesOf } from "../event-db/types.ts";
import { type ClusterEntry, isConfig } from "./entries.ts";
import type { EventLog } from "./event-log.ts";
import { encodeRecord } from "./record.ts";

/** Who waits for an entry. */
export type Waiter = Readonly<{
  /** A majority of the log's servers has the entry on disk. */
  stored: (position: number) => void;
  /** The entry was applied here; `result` is what its command returned. */
  applied: (result: unknown) => void;
  /** It is not known whether the log has the entry, or it was refused when it was applied. */
  failed: (error: Error) => void;
}>;

/** An entry of this node's own with what waits for it. */
export type OwnEntry = Readonly<{ entry: ClusterEntry; waiter: Waiter }>;

export type OwnRecord = Readonly<{ epoch: number | undefined; entries: readonly OwnEntry[] }>;

export type Outbox = Readonly<{
  put: (own: OwnEntry) => void;
  /** Appends one record of these entries under this id; resolves once the log has it. */
  putRecord: (id: string, entries: readonly OwnEntry[]) => Promise<void>;
  /** The record with that id, if this process wrote it and still waits for it; it is forgotten here. */
  take: (id: string) => OwnRecord | null;
  /** Resolves when nothing is on its way to the log. */
  drained: () => Promise<void>;
}>;

const MOST_ENTRIES = 256;
/** Larger records are sent in parts, which takes longer; a larger entry makes a record of its own. */
const MOST_BYTES = 384 * 1024;
/** SCALE-NOTES: 64 events a record and three records under way reach 55,000 events/s. */
const MOST_UNDER_WAY = 3;

export function createOutbox(deps: {
  log: Pick<EventLog, "append">;
  node: string;
  /** The epoch of this node's leadership; undefined for a follower. */
  epoch: () => number | undefined;
  /** Called when the log has acknowledged something that was sent at this time. */
  onProof: (sentAt: number) => void;
  monotonic: () => number;
}): Outbox {
  const { log, node, epoch, onProof, monotonic } = deps;
  const waiting: OwnEntry[] = [];
  const underWay = new Map<string, OwnRecord>();
  let appends = 0;
  let isScheduled = false;
  const whenDrained: (() => void)[] = [];

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      flush();
    });
  }

  function flush(): void {
    while (waiting.length > 0 && appends < MOST_UNDER_WAY) {
      void append(Bun.randomUUIDv7(), takeSome()).catch(() => undefined);
    }
  }

  function takeSome(): readonly OwnEntry[] {
    let bytes = 0;
    let count = 0;
    for (const { entry } of waiting) {
      bytes += sizeOf(entry);
      if (count === MOST_ENTRIES || (count > 0 && bytes > MOST_BYTES)) break;
      count++;
    }
    return waiting.splice(0, count);
  }

  async function append(id: string, entries: readonly OwnEntry[]): Promise<void> {
    appends++;
    const own = { epoch: epoch(), entries };
    underWay.set(id, own);
    const sentAt = monotonic();
    try {
      const plain = entries.map(({ entry }) => entry);
      const record = { node, entries: plain, ...(own.epoch !== undefined && { epoch: own.epoch }) };
      const position = await log.append({ shard: 0, id, bytes: encodeRecord(record) });
      onProof(sentAt);
      for (const { waiter } of entries) waiter.stored(position);
    } catch (error) {
      // If it is stored all the same, the reader brings it as it brings those of other nodes.
      underWay.delete(id);
      const fault = error instanceof Error ? error : new Error(String(error));
      for (const { waiter } of entries) waiter.failed(fault);
      throw fault;
    } finally {
      appends--;
      if (appends === 0 && waiting.length === 0) {
        for (const resolve of whenDrained.splice(0)) resolve();
      }
      flush();
    }
  }

  return {
    put(own) {
      waiting.push(own);
      schedule();
    },
    putRecord: append,
    take(id) {
      const own = underWay.get(id) ?? null;
      underWay.delete(id);
      return own;
    },
    drained() {
      if (appends === 0 && waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => whenDrained.push(resolve));
    },
  };
}

/** Bytes of the entry's bodies, and a guess for the rest. */
function sizeOf(entry: ClusterEntry): number {
  const REST_BYTES = 1024;
  if (isConfig(entry)) return entry.rows.length * REST_BYTES;
  const { command } = entry;
  if (command.name === "append" || command.name === "appendOnce") return REST_BYTES + bytesOf(command.draft);
  if (command.name === "settle")
    return REST_BYTES + (command.settlement.result.responseBody?.byteLength ?? 0);
  return REST_BYTES;
}
