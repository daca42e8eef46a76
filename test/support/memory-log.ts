/** A cluster's log in memory, shared by several nodes, each of which can be cut off from it. */
import { AppError } from "../../src/lib/errors.ts";
import type { EventLog, LogEntry, Owner } from "../../src/storage/cluster/event-log.ts";

type Reader = { position: number; isBusy: boolean; isStopped: boolean; wake: () => void };

export type MemoryLog = Readonly<{
  entries: readonly LogEntry[];
  /** A node's way to the log. */
  connect: () => MemoryLogConnection;
}>;

export type MemoryLogConnection = EventLog &
  Readonly<{
    /** Nothing is answered, brought or heard until `mend`; what is under way is stored or lost, as `storing` says. */
    cut: (options?: { storing?: boolean }) => void;
    mend: () => void;
  }>;

export function createMemoryLog(): MemoryLog {
  const entries: LogEntry[] = [];
  const ids = new Map<string, number>();
  const owners = new Map<number, Owner>();
  const readers = new Set<Reader>();
  const hearing = new Set<(node: string, data: unknown) => void>();

  function push(entry: LogEntry): number {
    entries.push(entry);
    for (const { wake } of readers) wake();
    return entry.position;
  }

  const next = () => entries.length + 1;
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  function connect(): MemoryLogConnection {
    let isCut = false;
    let isStoring = false;
    const own = new Set<Reader>();

    function unavailable(): AppError {
      return new AppError({ kind: "unavailable", message: "The log is out of reach." });
    }

    return {
      shards: 1,
      async append({ id, bytes }) {
        await turn();
        if (isCut && !isStoring) throw unavailable();
        const known = ids.get(id);
        const position = known ?? push({ kind: "record", position: next(), id, bytes: bytes.slice() });
        ids.set(id, position);
        await turn();
        if (isCut) throw unavailable();
        return position;
      },
      read({ after, onEntry, onTrouble }) {
        const reader: Reader = { position: after, isBusy: false, isStopped: false, wake: () => void run() };
        let passing = Promise.resolve();
        async function run(): Promise<void> {
          if (reader.isBusy) return;
          reader.isBusy = true;
          await turn();
          while (!reader.isStopped && !isCut) {
            const entry = entries[reader.position];
            if (entry === undefined) break;
            try {
              passing = Promise.resolve(onEntry(entry));
              await passing;
            } catch (error) {
              reader.isStopped = true;
              onTrouble({ kind: "failed", position: entry.position, error });
              return;
            }
            reader.position = entry.position;
          }
          reader.isBusy = false;
        }
        readers.add(reader);
        own.add(reader);
        void run();
        return {
          position: () => reader.position,
          async stop() {
            reader.isStopped = true;
            readers.delete(reader);
            await passing.catch(() => undefined);
          },
        };
      },
      async head() {
        await turn();
        if (isCut) throw unavailable();
        return { first: 1, last: entries.length, bytes: 0, maxBytes: 1e9, born: "log" };
      },
      async claim({ partition, node, last }) {
        await turn();
        if (isCut) throw unavailable();
        const owner = owners.get(partition) ?? null;
        if (owner?.position !== last?.position) return null;
        const claimed = { node, epoch: (owner?.epoch ?? 0) + 1, position: next() };
        owners.set(partition, claimed);
        push({ kind: "claim", position: claimed.position, partition, owner: claimed });
        return claimed;
      },
      owners: async (_, at) => new Map([...owners].filter(([, { position }]) => position <= at)),
      trim: () => Promise.resolve(),
      beat(node, data) {
        const sent = JSON.parse(JSON.stringify(data));
        if (!isCut) for (const hear of hearing) hear(node, sent);
      },
      onBeat(heard) {
        const hear = (node: string, data: unknown) => {
          if (!isCut) heard(node, data);
        };
        hearing.add(hear);
        return () => hearing.delete(hear);
      },
      verify: () => Promise.resolve({ servers: [], silent: 0 }),
      async close() {
        for (const reader of own) readers.delete(reader);
      },
      cut({ storing = false } = {}) {
        isCut = true;
        isStoring = storing;
      },
      mend() {
        isCut = false;
        for (const { wake } of own) wake();
      },
    };
  }

  return { entries, connect };
}
