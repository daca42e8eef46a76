/** Tells the watchdog's thread when a run begins and ends. */
export type Watchdog = Readonly<{ begin: () => void; end: () => void }>;

/** Messages to the watchdog's thread. */
export type Watched = Readonly<{
  /** Shared: the number of the run under way, 0 where there is none. */
  run: Int32Array<SharedArrayBuffer>;
  killMs: number;
}>;

export function startWatchdog(killMs: number): Watchdog {
  const run = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./watchdog-worker.ts", import.meta.url).href);
  const watched: Watched = { run, killMs };
  worker.postMessage(watched);
  let runs = 0;
  return {
    begin() {
      runs = (runs % 0x7fff_ffff) + 1;
      Atomics.store(run, 0, runs);
    },
    end: () => void Atomics.store(run, 0, 0),
  };
}
