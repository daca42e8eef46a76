/** Opens logs on test servers, and reads them into lists. */
import { systemClock } from "../../../src/lib/clock.ts";
import type { EventLog, LogEntry, LogReader, ReaderTrouble } from "../../../src/storage/cluster/event-log.ts";
import type { NatsOptions } from "../../../src/storage/cluster/nats/options.ts";
import { openEventLog } from "../../../src/storage/cluster/open-event-log.ts";

export type Reading = Readonly<{
  reader: LogReader;
  entries: readonly LogEntry[];
  troubles: readonly ReaderTrouble[];
  /** Trouble other than interruptions, which also happen where the machine is busy. */
  damage: () => readonly ReaderTrouble[];
  /** Resolves once an entry at that position or later has come. */
  reaches: (position: number) => Promise<void>;
  /** Resolves once there is trouble of that kind. */
  meets: (kind: ReaderTrouble["kind"]) => Promise<ReaderTrouble>;
}>;

export function openTestLog(options: NatsOptions, changes: Partial<NatsOptions> = {}): Promise<EventLog> {
  return openEventLog({ ...options, ...changes }, systemClock);
}

export function readInto(log: EventLog, options: { shard?: number; after?: number } = {}): Reading {
  const { shard = 0, after = 0 } = options;
  const entries: LogEntry[] = [];
  const troubles: ReaderTrouble[] = [];
  const waiting = new Set<() => void>();
  const tell = () => {
    for (const check of waiting) check();
  };
  const reader = log.read({
    shard,
    after,
    onEntry(entry) {
      entries.push(entry);
      tell();
    },
    onTrouble(trouble) {
      troubles.push(trouble);
      tell();
    },
  });

  function until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      function check(): void {
        const found = find();
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      }
      waiting.add(check);
      check();
    });
  }

  return {
    reader,
    entries,
    troubles,
    damage: () => troubles.filter(({ kind }) => kind !== "interrupted"),
    reaches: async (position) => {
      await until(() => ((entries.at(-1)?.position ?? 0) >= position ? true : undefined));
    },
    meets: (kind) => until(() => troubles.find((trouble) => trouble.kind === kind)),
  };
}

/** Ids of the records, in order. */
export function idsIn(entries: readonly LogEntry[]): readonly string[] {
  return entries.flatMap((entry) => (entry.kind === "record" ? [entry.id] : []));
}
