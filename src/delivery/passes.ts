/** Runs passes one after the other: what is asked for during one is done by the next. */

export type Passes = Readonly<{
  /** A pass will begin after this call; cheap, and never too often. */
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
      // All that one turn of the event loop asks for becomes one pass, and others get theirs in between.
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

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
