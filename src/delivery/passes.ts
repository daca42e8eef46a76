/** Runs passes one after the other; a pass that is asked for during one is the next. */
import { nextTurn } from "../lib/pauses.ts";

export type Passes = Readonly<{
  /** Makes sure that a pass begins after this call; cheap, and never too often. */
  ask: () => void;
  /** Begins no more passes; resolves when the one under way has ended. */
  stop: () => Promise<void>;
}>;

/** `pass` must not reject. */
export function createPasses(pass: () => Promise<void>): Passes {
  let isAsked = false;
  let isStopped = false;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (isAsked && !isStopped) {
      // One pass for all that a turn of the event loop asks for; other work has its turn in between.
      await nextTurn();
      if (isStopped) break;
      isAsked = false;
      await pass();
    }
    running = null;
  }

  return {
    ask() {
      isAsked = true;
      if (!isStopped) running ??= run();
    },
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
