/**
 * Kills its process when a run does not end. Some built-in functions of the engine never ask whether their time is
 * over, and no thread can stop another one that runs WebAssembly.
 */
import { OVERRAN } from "../protocol.ts";
import { writeLine } from "./read-lines.ts";
import type { Watched } from "./watchdog.ts";

declare const self: Worker;

const LOOK_EVERY_MS = 50;

self.onmessage = ({ data }: MessageEvent<Watched>) => watch(data);

function watch({ run: shared, killMs }: Watched): never {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  let run = 0;
  let since = 0;
  let usedBefore = 0;
  for (;;) {
    Atomics.wait(sleeper, 0, 0, LOOK_EVERY_MS);
    const now = Atomics.load(shared, 0);
    if (now === 0 || now !== run) {
      run = now;
      since = performance.now();
      usedBefore = usedMs();
    } else if (performance.now() - since > killMs && usedMs() - usedBefore > killMs) {
      try {
        // The other thread is in the engine and writes nothing meanwhile.
        writeLine(1, OVERRAN);
      } finally {
        // Also where nobody reads any more, because the gateway was killed.
        process.kill(process.pid, "SIGKILL");
      }
    }
  }
}

/** Processor time of the process: on a busy machine a run that gets no turn must not be killed for it. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
