/**
 * Gathers what this node writes in one turn of its event loop into records, appends them to the log, and keeps them until
 * the log's reader brings them back.
 */
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { newId } from "../../lib/ids.ts";
import { type ClusterEntry, isComparison, isConfig, sizeOfEntry } from "./entries.ts";
import { APPEND_BUDGET_MS, type EventLog } from "./event-log.ts";
import { FORMATS, type Formats } from "./formats.ts";
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

export type OwnRecord = Readonly<{
  epoch: number | undefined;
  entries: readonly OwnEntry[];
  bytes: number;
}>;

export type Outbox = Readonly<{
  put: (own: OwnEntry) => void;
  /** Appends one record of these entries under this id; resolves once the log has it. */
  putRecord: (id: string, entries: readonly OwnEntry[]) => Promise<void>;
  /** Appends a record that says nothing. Resolves with its position: the log had no more before this was called. */
  putMark: () => Promise<number>;
  /** The record with that id, if this process wrote it and still waits for it; it is forgotten here. */
  take: (id: string) => OwnRecord | null;
  /** Call it when the reader brings nothing more: whoever waits for more than that the log has it is told so. */
  abandon: (error: Error) => void;
  /**
   * Call it when the node is being stopped: everything fails, also what comes later, once the log neither acknowledges nor
   * brings back anything for 1.5 seconds while something waits for it. Returns a function that ends this.
   */
  hurry: () => () => void;
  /** Resolves when nothing is on its way to the log. */
  drained: () => Promise<void>;
}>;

const MOST_ENTRIES = 256;
/** Larger records are sent in parts, which takes longer; a larger entry makes a record of its own. */
const MOST_BYTES = 384 * 1024;
/** 64 events a record and three records under way reached 55,000 events/s, with servers that sync always. */
const MOST_UNDER_WAY = 3;
/** Entries of one record fail together where the log does not answer, once the oldest has waited for long. */
const MOST_APART_MS = 1_000;
/** Stored events that the reader has not brought back are kept up to here, as it can read them from the log as well. */
const MOST_KEPT_BYTES = 32 * 1024 * 1024;
/** Containers are killed 10 s after they were told to stop, and requests, attempts and files take their time too. */
const PATIENCE_MS = 1_500;

export function createOutbox(deps: {
  log: Pick<EventLog, "append">;
  node: string;
  /** The epoch of this node's leadership; undefined for a follower. */
  epoch: () => number | undefined;
  /** Called when the log has acknowledged something that was sent at this time. */
  onProof: (sentAt: number) => void;
  clock: Pick<Clock, "monotonic" | "after">;
  /** The highest format of entries that all nodes read. */
  readable: () => number;
  formats?: Formats;
}): Outbox {
  const { log, node, epoch, onProof, clock, readable, formats = FORMATS } = deps;
  const waiting: Readonly<{ own: OwnEntry; since: number }>[] = [];
  const underWay = new Map<string, OwnRecord>();
  /** Those of them that the log has. */
  const stored = new Set<string>();
  /** Reject the appends under way. */
  const rejections = new Set<(error: Error) => void>();
  let abandoned: Error | null = null;
  let givenUp: Error | null = null;
  /** When the log last did something, or nothing waited for it. */
  let quietSince = 0;
  let endHurry = () => {};
  /** Bytes of the records under way, stored or not. */
  let kept = 0;
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
      const since = waiting[0]?.since ?? clock.monotonic();
      void append(newId(), takeSome(since), since).catch(() => undefined);
    }
  }

  /** The oldest ones, which have waited since then or a little less. */
  function takeSome(oldest: number): readonly OwnEntry[] {
    let bytes = 0;
    let count = 0;
    for (const { own, since } of waiting) {
      bytes += sizeOfEntry(own.entry);
      if (since - oldest > MOST_APART_MS) break;
      if (count === MOST_ENTRIES || (count > 0 && bytes > MOST_BYTES)) break;
      count++;
    }
    return waiting.splice(0, count).map(({ own }) => own);
  }

  async function append(id: string, entries: readonly OwnEntry[], since: number): Promise<number> {
    appends++;
    if (underWay.size === 0) quietSince = clock.monotonic();
    const bytes = entries.reduce((sum, { entry }) => sum + sizeOfEntry(entry), 0);
    const own = { epoch: epoch(), entries, bytes };
    underWay.set(id, own);
    kept += bytes;
    const sentAt = clock.monotonic();
    try {
      const plain = entries.map(({ entry }) => entry);
      const record = { node, entries: plain, ...(own.epoch !== undefined && { epoch: own.epoch }) };
      const position = await appended(id, encodeRecord(record, formats.of(plain)), since);
      quietSince = clock.monotonic();
      onProof(sentAt);
      if (underWay.has(id)) stored.add(id);
      for (const { waiter } of entries) waiter.stored(position);
      if (abandoned !== null) fail(id, abandoned);
      if (kept > MOST_KEPT_BYTES && entries.every(isEvent)) forget(id);
      return position;
    } catch (error) {
      // If it is stored all the same, the reader brings it as it brings those of other nodes.
      forget(id);
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

  /** Throws AppError `unavailable` if other nodes do not read such an entry yet. */
  function fit(own: OwnEntry): OwnEntry {
    const entry = formats.fit(own.entry, readable);
    return entry === own.entry ? own : { ...own, entry };
  }

  function appended(id: string, bytes: Uint8Array, since: number): Promise<number> {
    if (givenUp !== null) return Promise.reject(givenUp);
    return new Promise((resolve, reject) => {
      rejections.add(reject);
      log
        .append({ shard: 0, id, bytes }, Math.max(0, since + APPEND_BUDGET_MS - clock.monotonic()))
        .then(resolve, reject)
        .finally(() => rejections.delete(reject));
    });
  }

  function giveUpWhenQuiet(): void {
    const now = clock.monotonic();
    if (underWay.size === 0) quietSince = now;
    const left = quietSince + PATIENCE_MS - now;
    if (left > 0) {
      endHurry = clock.after(left, giveUpWhenQuiet);
      return;
    }
    givenUp = outOfReach();
    for (const reject of rejections) reject(givenUp);
    abandon(givenUp);
  }

  function abandon(error: Error): void {
    abandoned = error;
    for (const id of [...stored]) fail(id, error);
  }

  function fail(id: string, error: Error): void {
    for (const { waiter } of forget(id)?.entries ?? []) waiter.failed(error);
  }

  function forget(id: string): OwnRecord | null {
    const own = underWay.get(id) ?? null;
    underWay.delete(id);
    stored.delete(id);
    kept -= own?.bytes ?? 0;
    return own;
  }

  return {
    put(own) {
      try {
        waiting.push({ own: fit(own), since: clock.monotonic() });
        schedule();
      } catch (error) {
        own.waiter.failed(error instanceof Error ? error : new Error(String(error)));
      }
    },
    async putRecord(id, entries) {
      await append(id, entries.map(fit), clock.monotonic());
    },
    putMark: () => append(newId(), [], clock.monotonic()),
    take(id) {
      quietSince = clock.monotonic();
      return forget(id);
    },
    abandon,
    hurry() {
      quietSince = clock.monotonic();
      giveUpWhenQuiet();
      return () => endHurry();
    },
    drained() {
      if (appends === 0 && waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => whenDrained.push(resolve));
    },
  };
}

function outOfReach(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "node_stopped",
    message: "This node was stopped while the cluster's log did not answer.",
    hint: "Check whether the change was made, and try again.",
    retryAfterSeconds: 5,
  });
}

/** Its sender is answered once it is stored, and nobody waits for more. */
function isEvent({ entry }: OwnEntry): boolean {
  return !isConfig(entry) && !isComparison(entry) && entry.command.name === "append";
}
