/** Bounds what one turn of the event loop does of a kind of work: the rest waits for the next, and others run in between. */

export type TurnBudget = Readonly<{
  /** Runs `work`, which must not throw, once all that this turn brings was asked for; in the order of asking. */
  later: (work: () => void) => void;
  /** Runs it at once where this turn has time left for it; else it is the next turn's. */
  now: (work: () => void) => void;
}>;

/** A piece of work is never broken off: a turn takes up to `ms` milliseconds and the rest of its last piece. */
export function createTurnBudget(options: {
  ms: number;
  monotonic: () => number;
  nextTurn?: (run: () => void) => void;
}): TurnBudget {
  const { ms, monotonic, nextTurn = setImmediate } = options;
  let waiting: (() => void)[] = [];
  /** Of `waiting`, those that have run. */
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
      // The next turn has the whole time again.
      askForTurn();
    },
  };
}
