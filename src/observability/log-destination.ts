/** Writes log lines to a descriptor in batches off the event loop; a slow or full pipe never throws and never blocks. */
import { write as writeFd, writeSync } from "node:fs";

/** Lines beyond this many characters waiting are dropped and counted: a stuck reader must not eat the memory. */
const MAX_WAITING = 8 * 1024 * 1024;
/** A full pipe is asked again after this long. */
const RETRY_MS = 10;
/** A write that has taken this long has a stuck reader, for which nobody waits at the end. */
const STUCK_MS = 1_000;
/** How long `process.exit` is held up for a write under way. */
const EXIT_GRACE_MS = 20;

export type LogDestination = Readonly<{
  write: (line: string) => void;
  /** Resolves when everything written so far is out, or the reader is stuck or gone. */
  flush: () => Promise<void>;
}>;

export function createLogDestination(options: {
  fd: number;
  /** The line that tells how many lines were dropped. */
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
        // The reader has gone (EPIPE) or the disk is full: there is nowhere left to say so.
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
    // The batch in flight is written by another thread; its lines come before the last ones.
    if (busySince !== null) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_GRACE_MS);
    try {
      writeSync(fd, takeBatch());
    } catch {
      // A full pipe at the very end: the program must end all the same.
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
