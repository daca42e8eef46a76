/**
 * Reads a shard in order for ever, from one server's copy at a time, and never skips anything.
 *
 * Sequences have no holes, so a hole is a damaged copy: a flipped bit makes a NATS server drop a whole block in silence.
 * Such a copy is left for another one. Reading again begins after the last entry that was passed on whole.
 */
import { type Clock, wait } from "../../../lib/clock.ts";
import type { LogEntry, LogHead, LogReader, ReaderTrouble } from "../event-log.ts";
import { createJoiner, DamagedCopy, type StreamMessage } from "./joiner.ts";
import type { Source } from "./pull.ts";

export type ReaderDeps = Readonly<{
  clock: Clock;
  /** Opens one of the copies at random. */
  open: (from: number) => Promise<Source>;
  head: () => Promise<LogHead>;
  after: number;
  onEntry: (entry: LogEntry) => void | Promise<void>;
  onTrouble: (trouble: ReaderTrouble) => void;
}>;

const REOPEN_MS = 200;
const COPIES = 3;
/** All copies are asked anew this long after none had the next entry. */
const DAMAGED_MS = 5_000;
/** After so many random choices, the copies to avoid must be the only ones that are up. */
const MOST_CHOICES = 30;
/** A leader that was just elected may lag behind what a reader got from another server. */
const REWOUND_MS = 20_000;

/** Reading has ended, for the reason given. */
class Ended extends Error {
  readonly trouble: ReaderTrouble;

  constructor(trouble: ReaderTrouble) {
    super(trouble.kind);
    this.trouble = trouble;
  }
}

/** The copy lags behind for good. */
class Stalled extends Error {
  readonly last: number;

  constructor(last: number) {
    super("The copy stays behind.");
    this.last = last;
  }
}

export function startReader({ clock, open, head, after, onEntry, onTrouble }: ReaderDeps): LogReader {
  let position = after;
  let isStopped = false;
  let source: Source | null = null;
  let passing: Promise<void> = Promise.resolve();
  /** Servers whose copies lack the next entry, or lag. */
  const avoided = new Set<string>();
  let behindSince: number | null = null;

  async function run(): Promise<void> {
    while (!isStopped) {
      try {
        await checkEnds();
        source = await choose();
        await readFrom(source);
      } catch (error) {
        if (isStopped) return;
        if (error instanceof Ended) return onTrouble(error.trouble);
        await recover(error, source?.server ?? "");
      } finally {
        source?.close();
        source = null;
      }
    }
  }

  async function checkEnds(): Promise<void> {
    const { first, last } = await head();
    if (first > position + 1) throw new Ended({ kind: "trimmed", position, first });
    if (last >= position) {
      behindSince = null;
      return;
    }
    behindSince ??= clock.monotonic();
    if (clock.monotonic() - behindSince >= REWOUND_MS) throw new Ended({ kind: "rewound", position, last });
    throw new Error(`The log ends at ${last}, before ${position}.`);
  }

  async function choose(): Promise<Source> {
    for (let choice = 1; ; choice++) {
      const chosen = await open(position + 1);
      if (!avoided.has(chosen.server) || choice === MOST_CHOICES) return chosen;
      chosen.close();
    }
  }

  async function readFrom(from: Source): Promise<void> {
    const joiner = createJoiner();
    let next = position + 1;
    let lastIdle: LogHead | null = null;
    while (!isStopped) {
      const messages = await from.next();
      if (messages.length > 0) lastIdle = null;
      else lastIdle = await checkLag(lastIdle);
      for (const message of messages) {
        if (isStopped) return;
        if (message.sequence < next) continue;
        if (message.sequence > next) throw missing(next, message);
        next++;
        const entry = joiner.add(message);
        if (entry === null) continue;
        passing = pass(entry);
        await passing;
      }
    }
  }

  async function pass(entry: LogEntry): Promise<void> {
    try {
      await onEntry(entry);
    } catch (error) {
      throw new Ended({ kind: "failed", position: entry.position, error });
    }
    position = entry.position;
  }

  /** Idle twice, while the leader had more from the first time on. */
  async function checkLag(before: LogHead | null): Promise<LogHead | null> {
    if (before !== null && before.last > position) throw new Stalled(before.last);
    // Where nobody leads, the copies may be read all the same.
    return head().catch(() => null);
  }

  async function recover(error: unknown, server: string): Promise<void> {
    if (error instanceof DamagedCopy) {
      const { position: at, message: reason } = error;
      onTrouble({ kind: "damaged_copy", server, position: at, reason });
      const isLast = avoided.has(server) || avoided.size === COPIES - 1;
      avoided.add(server);
      if (!isLast) return;
      onTrouble({ kind: "damaged", position: at, reason });
      avoided.clear();
      return wait(clock, DAMAGED_MS);
    }
    if (error instanceof Stalled) {
      onTrouble({ kind: "stalled", server, position, last: error.last });
      if (avoided.has(server) || avoided.size === COPIES - 1) avoided.clear();
      else avoided.add(server);
      return;
    }
    onTrouble({ kind: "interrupted", reason: error instanceof Error ? error.message : String(error) });
    await wait(clock, REOPEN_MS);
  }

  void run();

  return {
    position: () => position,
    async stop() {
      isStopped = true;
      source?.close();
      // A failure of the entry ends the reader by itself.
      await passing.catch(() => undefined);
    },
  };
}

function missing(next: number, { sequence }: StreamMessage): DamagedCopy {
  const what = sequence === next + 1 ? `entry ${next} is` : `entries ${next} to ${sequence - 1} are`;
  return new DamagedCopy(next, `${what} missing`);
}
