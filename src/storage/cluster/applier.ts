/** Applies the cluster's log to this node's copies: commands to event files, rows to the main database, claims to all. */
import { type Clock, wait } from "../../lib/clock.ts";
import { UnfitRows } from "../main-db/replication/apply-rows.ts";
import { RowGathering, type ShippedRows } from "../main-db/replication/row-change.ts";
import type { LocalWriter } from "../writer/event-writer.ts";
import type { ApplierTrouble } from "./applier-trouble.ts";
import type { ConfigCopy } from "./config-copy.ts";
import type { CopyDigests } from "./copy-digests.ts";
import { isConfig, readEntry } from "./entries.ts";
import type { EventLog, LogEntry, LogReader, Owner, ReaderTrouble } from "./event-log.ts";
import { createFilesApplier, type OfEntry } from "./files-applier.ts";
import { LogProgress } from "./log-progress.ts";
import { notLeading } from "./not-leading.ts";
import type { Outbox } from "./outbox.ts";
import { decodeRecord } from "./record.ts";
import { NewerRecord } from "./unreadable.ts";

/** After these a reader goes on no more. */
const ENDS: ReadonlySet<ReaderTrouble["kind"]> = new Set(["trimmed", "rewound", "failed"]);

/** The partition whose owner leads. */
export const LEADER_PARTITION = 0;
const RETRY_MS = 2_000;

export type Applier = Readonly<{
  /** Everything up to this position is applied. */
  applied: () => number;
  reached: (position: number) => Promise<void>;
  /** As `reached`, for the main database alone: what event files wait for is of no matter. */
  rowsReached: (position: number) => Promise<void>;
  /** Webhooks whose files were written since the last call. */
  takeTouched: () => readonly string[];
  /** True while some entry cannot be applied. */
  isBlocked: () => boolean;
  /** True once the log has brought what only a later version can apply. */
  needsUpgrade: () => boolean;
  /** Resolves once nothing more is handed to the writer of event files. */
  stop: () => Promise<void>;
}>;

export function startApplier(deps: {
  log: Pick<EventLog, "read">;
  born: string;
  after: number;
  /** The leader as it was after that position. */
  leader: Owner | null;
  /** The epoch under which this process leads or led last; null if it never did. */
  ownEpoch: () => number | null;
  outbox: Pick<Outbox, "take" | "abandon">;
  writer: Pick<LocalWriter, "write">;
  config: ConfigCopy;
  digests: Pick<CopyDigests, "begin">;
  clock: Clock;
  /** Called with each claim of the leadership, in order with all else. */
  onLeader: (leader: Owner) => void;
  onTrouble: (trouble: ApplierTrouble) => void;
}): Applier {
  const { log, ownEpoch, outbox, config, clock, onLeader, onTrouble } = deps;
  let leader = deps.leader;
  const progress = new LogProgress(deps.after);
  const rowsProgress = new LogProgress(deps.after);
  const files = createFilesApplier(deps);
  /** Rows of a transaction whose last part has not come, and what ends their positions. */
  const gathering = new RowGathering();
  const gathered: (() => void)[] = [];
  let isStopped = false;
  /** The reader has ended by itself, or the main database cannot be written. */
  let isStuck = false;
  let needsUpgrade = false;

  async function onEntry(entry: LogEntry): Promise<void> {
    if (entry.kind === "record") await onRecord(entry);
    else onClaim(entry);
    rowsProgress.begin(entry.position, 0);
    await files.room();
  }

  async function onRecord(entry: LogEntry & { kind: "record" }): Promise<void> {
    const own = outbox.take(entry.id);
    const { epoch, entries } =
      own === null ? read(entry) : { epoch: own.epoch, entries: own.entries.map((each) => each.entry) };
    const isStale = epoch === undefined || epoch !== leader?.epoch;
    const isOwn = epoch !== undefined && epoch === ownEpoch();
    const done = progress.begin(entry.position, entries.length);
    for (const [index, each] of entries.entries()) {
      const waiter = own?.entries[index]?.waiter ?? null;
      const of = { position: entry.position, index, isStale, isOwn, waiter, done };
      if (isConfig(each)) await applyRows(each, of);
      else if (config.keepsFiles) files.push(each, of);
      else done();
    }
  }

  function onClaim({ position, partition, owner }: LogEntry & { kind: "claim" }): void {
    progress.begin(position, 0);
    if (partition !== LEADER_PARTITION) return;
    // The same epoch again only says where the claim stands now.
    const isNew = owner.epoch !== leader?.epoch;
    leader = owner;
    // The rest of what a deposed leader has begun comes no more.
    if (isNew) {
      gathering.drop();
      for (const done of gathered.splice(0)) done();
    }
    onLeader(owner);
  }

  function read(entry: LogEntry & { kind: "record" }) {
    try {
      const record = decodeRecord(entry.bytes);
      return { ...record, entries: record.entries.map(readEntry) };
    } catch (error) {
      if (error instanceof NewerRecord) meetNewer(entry.position);
      throw error;
    }
  }

  /** The caller throws on, so that the reader ends. */
  function meetNewer(position: number): void {
    needsUpgrade = true;
    onTrouble({ kind: "newer", position });
  }

  async function applyRows(shipped: ShippedRows, of: Of): Promise<void> {
    if (of.isStale) {
      of.waiter?.failed(notLeading());
      if (of.isOwn) onTrouble({ kind: "diverged", position: of.position });
      return of.done();
    }
    if (of.isOwn) {
      // They were written here before they went to the log.
      of.waiter?.applied(of.position);
      return of.done();
    }
    gathered.push(of.done);
    const rows = gathering.add(shipped);
    if (rows === null) return;
    const ends = gathered.splice(0);
    const { filesThere } = await persist(of.position, () => config.apply(rows, of.position));
    const end = () => {
      for (const done of ends) done();
    };
    // The rest is applied meanwhile, but until then this node does not count as having read so far, and does not lead.
    if (filesThere === null) end();
    else void filesThere.then(end);
  }

  /** Nothing after it may be applied before. */
  async function persist<T>(position: number, act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (error instanceof UnfitRows) meetNewer(position);
        if (isStopped || needsUpgrade) throw error;
        isStuck = true;
        onTrouble({ kind: "blocked", position, error });
        await wait(clock, RETRY_MS);
        isStuck = false;
      }
    }
  }

  const reader: LogReader = log.read({
    shard: 0,
    after: deps.after,
    onEntry,
    onTrouble(trouble) {
      if (ENDS.has(trouble.kind)) {
        isStuck = true;
        outbox.abandon(notLeading());
      }
      onTrouble(trouble);
    },
  });

  return {
    applied: () => progress.applied,
    reached: (position) => progress.reached(position),
    rowsReached: (position) => rowsProgress.reached(position),
    takeTouched: files.takeTouched,
    needsUpgrade: () => needsUpgrade,
    isBlocked: () => isStuck || files.isBlocked(),
    async stop() {
      isStopped = true;
      files.close();
      await reader.stop();
      files.stop();
    },
  };
}

type Of = OfEntry &
  Readonly<{
    /** This process wrote it, as the leader. */
    isOwn: boolean;
  }>;
