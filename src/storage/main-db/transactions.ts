/** Transactions whose callers learn of the commit only once it has happened. */
import type { Database } from "bun:sqlite";

export type Transactions = Readonly<{
  /** Runs a synchronous function in one transaction; inside another it joins that one. */
  run: <T>(act: () => T) => T;
  /** Runs `act` after the commit of the transaction under way, or immediately if there is none. */
  afterCommit: (act: () => void) => void;
}>;

export function createTransactions(db: Database): Transactions {
  let waiting: (() => void)[] | null = null;

  return {
    run(act) {
      if (waiting !== null) return act();
      const after: (() => void)[] = [];
      waiting = after;
      let result: ReturnType<typeof act>;
      try {
        // Begins as a writer: the command line may write too, and a reader cannot become a writer after that.
        result = db.transaction(act).immediate();
      } finally {
        waiting = null;
      }
      for (const each of after) each();
      return result;
    },
    afterCommit(act) {
      if (waiting === null) act();
      else waiting.push(act);
    },
  };
}
