/**
 * The replicated log of a cluster, as the rest of the program sees it; NATS JetStream is the first engine of it.
 *
 * The log has shards, each an ordered list of entries. An entry is a record, or a claim: one node's statement that it owns
 * a partition from there on. Positions are whole numbers that grow by one or more with each entry of a shard.
 *
 * An appended entry is on the disks of a majority of the log's servers, synced, before its position is returned. Readers
 * get entries that a majority has, in the same order everywhere, and none is left out.
 */

/** Time for an append by default: NATS takes 4 to 9 seconds to elect another leader, which cannot be made quicker. */
export const APPEND_BUDGET_MS = 12_000;

export type LogEntry = LogRecordEntry | LogClaimEntry;

export type LogRecordEntry = Readonly<{ kind: "record"; position: number; id: string; bytes: Uint8Array }>;

/**
 * From `owner.position` on, `owner.node` owns the partition. The same epoch as before means the same ownership, repeated
 * further on so that the log could be trimmed: only `position` has changed.
 */
export type LogClaimEntry = Readonly<{ kind: "claim"; position: number; partition: number; owner: Owner }>;

export type Owner = Readonly<{
  node: string;
  /** One more than that of the owner before. */
  epoch: number;
  /** Position of the latest claim; the next claim has to name it. */
  position: number;
}>;

export type LogHead = Readonly<{
  /** Position of the oldest entry that is kept; one more than `last` if none is. */
  first: number;
  /** Position of the newest entry; zero in a log that never had one. */
  last: number;
  /** Size on each server's disk, and the most it may become. */
  bytes: number;
  maxBytes: number;
  /** Differs if the log was made anew: positions in another one mean nothing in this. */
  born: string;
}>;

/** Something that a reader met. Reading goes on after the first four, and has ended after the others. */
export type ReaderTrouble =
  /** The server that it read from is gone or silent; it reads on from another. */
  | Readonly<{ kind: "interrupted"; reason: string }>
  /** One server's copy lacks an entry or has a damaged one; it reads that entry from another server. Wipe that copy. */
  | Readonly<{ kind: "damaged_copy"; server: string; position: number; reason: string }>
  /** No server has this entry whole. The reader does not skip it; it asks all of them again every few seconds. */
  | Readonly<{ kind: "damaged"; position: number; reason: string }>
  /** The server stays behind the others; it reads on from another. */
  | Readonly<{ kind: "stalled"; server: string; position: number; last: number }>
  /** Entries that the reader has not read are no longer kept: it needs a copy of the data instead. */
  | Readonly<{ kind: "trimmed"; position: number; first: number }>
  /** The log ends before the reader's position: it has lost entries, or was made anew. */
  | Readonly<{ kind: "rewound"; position: number; last: number }>
  /** `onEntry` threw. */
  | Readonly<{ kind: "failed"; position: number; error: unknown }>;

export type LogReader = Readonly<{
  /** Position of the last entry that `onEntry` has finished. */
  position: () => number;
  /** Resolves once `onEntry` is not under way any more and will not be called again. */
  stop: () => Promise<void>;
}>;

export type LogServers = Readonly<{
  servers: readonly Readonly<{ name: string; version: string }>[];
  /** Servers that did not answer and therefore were not checked. */
  silent: number;
}>;

export type EventLog = Readonly<{
  shards: number;

  /**
   * Resolves with the record's position once a majority of the servers has it on disk. Tries again after failures, under
   * the same `id`, so that the record is stored once. `id` is unique, of at most 64 letters, digits and `-`.
   *
   * Rejects as `unavailable` after `budgetMs`, by default 12 s, at most 60 s; at once if the log is full (`log_full`).
   * The record may be stored all the same: a failure says only that this is not known.
   */
  append: (record: { shard: number; id: string; bytes: Uint8Array }, budgetMs?: number) => Promise<number>;

  /**
   * Calls `onEntry` with each entry after position `after`, in order, for ever, one after the other. Call `stop` to end it.
   * Trouble that lasts is reported again.
   */
  read: (options: {
    shard: number;
    after: number;
    onEntry: (entry: LogEntry) => void | Promise<void>;
    onTrouble: (trouble: ReaderTrouble) => void;
  }) => LogReader;

  /**
   * Returns where the shard begins and ends, as the server says that leads it. A server that was cut off from the majority
   * may believe for some seconds that it still leads, and answer with an old end: append something to be sure. Rejects as
   * `unavailable` after 12 s.
   */
  head: (shard: number) => Promise<LogHead>;

  /**
   * Makes `node` the owner of the partition, with the next epoch, if `last` is still the latest claim; null if another
   * claim was quicker. `last` is what a reader has got, or `owners`; null if nobody has claimed the partition before.
   * Rejects as `unavailable` if it is not known whether the claim holds: the log tells.
   */
  claim: (claim: { partition: number; node: string; last: Owner | null }) => Promise<Owner | null>;

  /** Returns the owners as they were after the entry at position `at`, by partition, for a reader that starts there. */
  owners: (shard: number, at: number) => Promise<ReadonlyMap<number, Owner>>;

  /** Drops all entries up to that position. The latest claims stay known: those that would go are repeated at the end. */
  trim: (shard: number, upTo: number) => Promise<void>;

  /** Tells all nodes, this one included, that `node` is alive. Nothing is stored, and nothing promises that it arrives. */
  beat: (node: string, data: unknown) => void;
  /** `data` has been through JSON. Returns a function that ends it. */
  onBeat: (heard: (node: string, data: unknown) => void) => () => void;

  /**
   * Checks whether the servers can keep what `append` promises. Throws ConfigError, with the cure, if not; `unavailable` if
   * too few of them answer. Call it again from time to time: servers that were silent may have come back.
   */
  verify: () => Promise<LogServers>;

  close: () => Promise<void>;
}>;

/** Returns the shard that has the claims and records of a partition. */
export function shardOf(partition: number, shards: number): number {
  return partition % shards;
}
