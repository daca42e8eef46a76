/** This node's digests of its event files, made where the log says so, so that they can be compared with those of others. */
import type { Clock } from "../../lib/clock.ts";
import type { CopyDigest } from "../reader/inspection-questions.ts";
import type { Comparison } from "./entries.ts";

/** Whoever asks does so within seconds. */
const MOST_KEPT = 16;
/** The log's entries for the webhook wait meanwhile; a thread starts within 30 ms. */
const HOLD_MS = 5_000;

export type CopyDigests = Readonly<{
  /** Resolves once changes of the file are not in its digest any more, which takes milliseconds. Never rejects. */
  begin: (comparison: Comparison) => Promise<void>;
  /** Resolves with the digest, which may take minutes, or rejects with what is wrong; null if none was begun lately. */
  find: (id: string) => Promise<CopyDigest> | null;
}>;

export function createCopyDigests(deps: {
  pathOf: (webhookId: string) => string;
  /** Calls `onHeld` once later changes are not seen any more. */
  digest: (path: string, onHeld: () => void) => Promise<CopyDigest>;
  clock: Pick<Clock, "after">;
}): CopyDigests {
  const { pathOf, digest, clock } = deps;
  const begun = new Map<string, Promise<CopyDigest>>();
  /** Each reads a whole file, so there is one at a time. */
  let isBusy = false;

  async function make(webhookId: string, goOn: () => void): Promise<CopyDigest> {
    if (isBusy) throw new Error("Another file is being read for a comparison.");
    isBusy = true;
    let isLate = false;
    const cancel = clock.after(HOLD_MS, () => {
      isLate = true;
      goOn();
    });
    try {
      const made = await digest(pathOf(webhookId), () => {
        cancel();
        goOn();
      });
      if (isLate) throw new Error("The file could not be read as it was within five seconds.");
      return made;
    } finally {
      isBusy = false;
      cancel();
    }
  }

  return {
    begin({ webhookId, compare }) {
      return new Promise((resolve) => {
        const made = make(webhookId, resolve);
        void made.catch(() => undefined).then(() => resolve());
        begun.set(compare, made);
        const [oldest] = begun.keys();
        if (begun.size > MOST_KEPT && oldest !== undefined) begun.delete(oldest);
      });
    },
    find: (id) => begun.get(id) ?? null,
  };
}
