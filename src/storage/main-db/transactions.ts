/** Transactions whose callers learn of the commit only once it has happened. */
import type { Database } from "bun:sqlite";

export type Transactions = Readonly<{
  /** Runs a synchronous function in one transaction; inside another it joins that one. */
  run: <T>(act: () => T) => T;
  /** Runs `act` after the commit of the transaction under way, or immediately if there is none. */
  afterCommit: (act: () => void) => void;
  /** The same, once for all calls with this key in one transaction. */
  onceAfterCommit: (key: string, act: () => void) => void;
  /** Runs `act` within the transaction under way, before its commit. Throws if there is none. */
  beforeCommit: (act: () => void) => void;
  /** The transaction under way, to be told from others; null if there is none. */
  current: () => object | null;
}>;

type UnderWay = Readonly<{ before: (() => void)[]; after: (() => void)[]; keys: Set<string> }>;

export function createTransactions(db: Database): Transactions {
  let underWay: UnderWay | null = null;

  function afterCommit(act: () => void): void {
    if (underWay === null) act();
    else underWay.after.push(act);
  }

  return {
    run(act) {
      if (underWay !== null) return act();
      const own: UnderWay = { before: [], after: [], keys: new Set() };
      underWay = own;
      let result: ReturnType<typeof act>;
      try {
        // Begins as a writer: the command line may write too, and a reader cannot become a writer after that.
        result = db
          .transaction(() => {
            const made = act();
            for (const each of own.before) each();
            return made;
          })
          .immediate();
      } finally {
        underWay = null;
      }
      for (const each of own.after) each();
      return result;
    },
    afterCommit,
    onceAfterCommit(key, act) {
      if (underWay?.keys.has(key)) return;
      underWay?.keys.add(key);
      afterCommit(act);
    },
    beforeCommit(act) {
      if (underWay === null) throw new Error("there is no transaction");
      underWay.before.push(act);
    },
    current: () => underWay,
  };
}
