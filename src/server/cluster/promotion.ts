/** Makes a spare a keeper: it takes the event files while it goes on, and is opened anew once it has them. */
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../observability/log.ts";
import type { Seat, StartOver } from "./seat.ts";

const AGAIN_MS = 10_000;

export function createPromotion(deps: {
  seat: Pick<Seat, "keeps" | "stageFiles">;
  /** The leader has decided that this node keeps the event files. */
  isListed: () => boolean;
  startOver: (how: StartOver) => void;
  clock: Pick<Clock, "after">;
  log: Logger;
}) {
  const { seat, isListed, startOver, clock, log } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | null = null;
  /** The log must be kept from there on; null while there is no copy. */
  let from: number | null = null;

  async function run(): Promise<void> {
    while (!signal.aborted && isListed()) {
      try {
        const staged = await seat.stageFiles({ signal, onPrepared: (position) => (from = position) });
        return startOver(staged);
      } catch (error) {
        if (signal.aborted) return;
        log.error("the event files could not be taken from the leader; trying again", { cause: error });
        await pause();
      }
    }
    running = null;
    from = null;
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(AGAIN_MS, resolve);
      signal.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
  }

  return {
    /** Call it at first and whenever rows have changed. */
    look(): void {
      if (seat.keeps || running !== null || signal.aborted || !isListed()) return;
      log.info("this spare takes the event files, and goes on meanwhile");
      running = run();
    },
    /** Which event files this node has, as its beats tell. */
    files: (): "all" | "none" | "coming" => (seat.keeps ? "all" : running === null ? "none" : "coming"),
    /** Position from which on the log must be kept for this node. */
    synced: (own: number) => (from === null ? own : Math.min(own, from)),
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}
