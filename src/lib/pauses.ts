/** Lets other work run in the middle of a long one, which otherwise would hold up the event loop. */

/** Await it between two parts of the work: it resolves in a later turn once this one has taken `ms`, else at once. */
export type Pause = () => Promise<void>;

export function createPause(options: { ms: number; monotonic: () => number }): Pause {
  const { ms, monotonic } = options;
  let since = monotonic();
  return async () => {
    if (monotonic() - since < ms) return;
    await nextTurn();
    since = monotonic();
  };
}

/** Resolves in the next turn of the event loop, so that a long piece of work does not share one with others. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
