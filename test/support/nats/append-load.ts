/** Appends records to a log, several at once and of all sizes, and remembers which ones were acknowledged. */
import { expect } from "bun:test";
import { AppError } from "../../../src/lib/errors.ts";
import type { EventLog } from "../../../src/storage/cluster/event-log.ts";
import { idsIn, readInto } from "./log-world.ts";

const AT_ONCE = 12;
const EVERY = 50;
const LARGE_BYTES = 1_100_000;

export type AppendLoad = Readonly<{
  /** Position by id. */
  acknowledged: ReadonlyMap<string, number>;
  refused: readonly AppError[];
  /** Resolves once that many more were acknowledged. */
  acknowledges: (more: number) => Promise<void>;
  /** Resolves once all that is under way has an answer. */
  stop: () => Promise<void>;
}>;

export function startAppending(log: EventLog): AppendLoad {
  const acknowledged = new Map<string, number>();
  const refused: AppError[] = [];
  const waiting = new Set<() => void>();
  let isStopped = false;
  let next = 0;

  async function append(): Promise<void> {
    while (!isStopped) {
      const record = loadRecord(next++);
      try {
        acknowledged.set(record.id, await log.append(record));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        refused.push(error);
      }
      for (const check of waiting) check();
    }
  }
  const all = Array.from({ length: AT_ONCE }, append);

  return {
    acknowledged,
    refused,
    acknowledges(more) {
      const goal = acknowledged.size + more;
      return new Promise((resolve) => {
        function check(): void {
          if (acknowledged.size < goal) return;
          waiting.delete(check);
          resolve();
        }
        waiting.add(check);
        check();
      });
    },
    async stop() {
      isStopped = true;
      await Promise.all(all);
    },
  };
}

export function loadRecord(n: number): Readonly<{ shard: number; id: string; bytes: Uint8Array }> {
  return { shard: 0, id: `r-${n}`, bytes: bytesOf(n) };
}

function bytesOf(n: number): Uint8Array {
  return new Uint8Array(n % EVERY === 0 ? LARGE_BYTES : 500).fill(n % 256);
}

/**
 * Reads the log from its beginning: every acknowledged record is there once, whole, where it was said to be, and no record is
 * there twice.
 */
export async function expectAllIn(log: EventLog, { acknowledged }: AppendLoad): Promise<void> {
  const { last } = await log.head(0);
  const reading = readInto(log);
  await reading.reaches(last);
  await reading.reader.stop();
  const ids = idsIn(reading.entries);
  expect(new Set(ids).size).toBe(ids.length);
  const places = new Map<string, number>();
  for (const entry of reading.entries) {
    if (entry.kind !== "record") continue;
    places.set(entry.id, entry.position);
    const whole = bytesOf(Number(entry.id.slice(2)));
    if (Buffer.compare(entry.bytes, whole) !== 0) throw new Error(`${entry.id} is not whole`);
  }
  const lost = [...acknowledged].filter(([id, position]) => places.get(id) !== position);
  expect(lost).toEqual([]);
  expect(reading.damage()).toEqual([]);
}
