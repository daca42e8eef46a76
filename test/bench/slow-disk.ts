/** A disk whose every sync takes longer, for one process: a library that is loaded before the C library's own calls. */
import { join } from "node:path";

/** Returns the environment of a program whose syncs, SQLite's own too, take `ms` longer. */
export type SlowDisk = (ms: number) => Readonly<Record<string, string>>;

/**
 * Null if there is no C compiler. A tracer such as strace can delay the calls too, but takes processor time for each of
 * them from the measured program.
 */
export function prepareSlowDisk(folder: string): SlowDisk | null {
  const compiler = Bun.which("cc");
  if (compiler === null || process.platform !== "linux") return null;
  const library = join(folder, "slow-sync.so");
  const source = join(import.meta.dir, "slow-sync.c");
  const made = Bun.spawnSync([compiler, "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"]);
  if (!made.success) throw new Error(`${source} cannot be compiled: ${made.stderr.toString()}`);
  return (ms) => (ms === 0 ? {} : { LD_PRELOAD: library, SLOW_SYNC_MS: String(ms) });
}
