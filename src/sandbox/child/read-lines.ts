/** Reads lines from a pipe and writes them to one, waiting for each: this process has nothing else to do. */
import { readSync, writeSync } from "node:fs";
import { errorCode } from "../../lib/errors.ts";

const CHUNK = 256 * 1024;
const NEWLINE = 10;
/** A pipe that does not block is asked again after this long. */
const AGAIN_MS = 1;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Gives the next line; null at the end of the pipe. */
export function createLineReader(descriptor: number): () => string | null {
  const chunk = Buffer.allocUnsafe(CHUNK);
  let gathered: Buffer[] = [];
  let rest: Buffer = Buffer.alloc(0);
  return () => {
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      if (end !== -1) {
        const line = Buffer.concat([...gathered, rest.subarray(0, end)]).toString();
        gathered = [];
        rest = rest.subarray(end + 1);
        return line;
      }
      if (rest.length > 0) gathered.push(rest);
      const count = waiting(() => readSync(descriptor, chunk));
      if (count === 0) return null;
      // A copy, as the next read overwrites the chunk.
      rest = Buffer.from(chunk.subarray(0, count));
    }
  };
}

export function writeLine(descriptor: number, line: string): void {
  let left = Buffer.from(`${line}\n`);
  while (left.length > 0) left = left.subarray(waiting(() => writeSync(descriptor, left)));
}

function waiting(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (errorCode(error) !== "EAGAIN") throw error;
      Atomics.wait(sleeper, 0, 0, AGAIN_MS);
    }
  }
}
