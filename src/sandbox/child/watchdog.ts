/** Tells the watchdog's thread when a run begins and ends. */
export type Watchdog = Readonly<{ begin: () => void; end: () => void }>;

/** What the two threads share: the number of the run under way, 0 where there is none. */
export type Watched = Int32Array<SharedArrayBuffer>;

export function startWatchdog(): Watchdog {
  const watched: Watched = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./watchdog-worker.ts", import.meta.url).href);
  worker.postMessage(watched);
  let runs = 0;
  return {
    begin() {
      runs = (runs % 0x7fff_ffff) + 1;
      Atomics.store(watched, 0, runs);
    },
    end: () => void Atomics.store(watched, 0, 0),
  };
}
