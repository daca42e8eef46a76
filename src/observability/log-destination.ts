/**
 * Writes log lines to a descriptor in batches off the event loop; a slow or full pipe never throws and never blocks.
 */
import { write as writeFd, writeSync } from "node:fs";

/**
 * Maximum number of waiting characters. Further lines are dropped and counted: a stuck reader must not exhaust the
 * memory.
 */
const MAX_WAITING = 8 * 1024 * 1024;
/** Delay before writing to a full pipe again. */
const RETRY_MS = 10;
/** Time after which a write counts as stuck, so that nothing waits for it at the end. */
const STUCK_MS = 1_000;
/** Time for which `process.exit` waits for a write in progress. */
const EXIT_GRACE_MS = 20;

export type LogDestination = Readonly<{
  write: (line: string) => void;
  /** Resolves when everything written so far is out, or the reader is stuck or gone. */
  flush: () => Promise<void>;
}>;

export function createLogDestination(options: {
  fd: number;
  /** Returns the line that reports dropped lines. */
  droppedLine: (count: number) => string;
}): LogDestination {
  const { fd, droppedLine } = options;
  let lines: string[] = [];
  let waiting = 0;
  let dropped = 0;
  let busySince: number | null = null;
  let scheduled = false;
  let gone = false;
  const idle: (() => void)[] = [];

  function write(line: string): void {
    if (gone) return;
    if (waiting + line.length > MAX_WAITING) {
      dropped += 1;
      return;
    }
    lines.push(line);
    waiting += line.length;
    if (busySince !== null || scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      next();
    });
  }

  function takeBatch(): string {
    const batch = lines.join("");
    lines = [];
    waiting = 0;
    if (dropped === 0) return batch;
    const note = droppedLine(dropped);
    dropped = 0;
    return batch + note;
  }

  function next(): void {
    if (busySince !== null) return;
    const batch = takeBatch();
    if (batch === "") {
      settle();
      return;
    }
    busySince = performance.now();
    push(Buffer.from(batch));
  }

  function push(rest: Buffer): void {
    writeFd(fd, rest, (error, written) => {
      if (error?.code === "EAGAIN") {
        setTimeout(() => push(rest), RETRY_MS);
      } else if (error) {
        // The reader is gone (EPIPE) or the disk is full: there is nowhere left to report it.
        if (error.code === "EPIPE") gone = true;
        busySince = null;
        settle();
      } else if (written < rest.length) {
        push(rest.subarray(written));
      } else {
        busySince = null;
        next();
      }
    });
  }

  function settle(): void {
    for (const resolve of idle.splice(0)) resolve();
  }

  process.on("exit", () => {
    if (gone || (busySince !== null && performance.now() - busySince > EXIT_GRACE_MS)) return;
    // Another thread writes the batch in flight; its lines must come before the last ones.
    if (busySince !== null) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_GRACE_MS);
    try {
      writeSync(fd, takeBatch());
    } catch {
      // The pipe is full at the very end; the program must still exit.
    }
  });

  return {
    write,
    flush: () =>
      new Promise((resolve) => {
        const limit = setTimeout(resolve, STUCK_MS);
        idle.push(() => {
          clearTimeout(limit);
          resolve();
        });
        next();
      }),
  };
}
