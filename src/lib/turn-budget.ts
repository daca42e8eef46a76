/**
 * Limits how long one kind of work may occupy a turn of the event loop; the rest waits for the next turn, so that other
 * work runs in between.
 */

export type TurnBudget = Readonly<{
  /** Queues `work`, which must not throw, until this turn has collected all work; runs in order. */
  later: (work: () => void) => void;
  /** Runs `work` immediately if this turn has time left, else in the next turn. */
  now: (work: () => void) => void;
}>;

/** Work is never interrupted: a turn takes up to `ms` milliseconds plus the rest of its last item. */
export function createTurnBudget(options: {
  ms: number;
  monotonic: () => number;
  nextTurn?: (run: () => void) => void;
}): TurnBudget {
  const { ms, monotonic, nextTurn = setImmediate } = options;
  let waiting: (() => void)[] = [];
  /** Number of entries of `waiting` that have run. */
  let done = 0;
  let spent = 0;
  let isAsked = false;

  function askForTurn(): void {
    if (isAsked) return;
    isAsked = true;
    nextTurn(beginTurn);
  }

  function beginTurn(): void {
    isAsked = false;
    spent = 0;
    while (spent < ms) {
      const work = waiting[done];
      if (!work) break;
      done++;
      run(work);
    }
    if (done < waiting.length) {
      askForTurn();
      return;
    }
    waiting = [];
    done = 0;
  }

  function run(work: () => void): void {
    const since = monotonic();
    work();
    spent += monotonic() - since;
  }

  function later(work: () => void): void {
    waiting.push(work);
    askForTurn();
  }

  return {
    later,
    now(work) {
      if (waiting.length > 0 || spent >= ms) {
        later(work);
        return;
      }
      run(work);
      // The next turn has the full budget again.
      askForTurn();
    },
  };
}
