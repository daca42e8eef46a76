/** Runs in a Worker: syncs one descriptor at a time, as more syncs at once need more threads. */
import { fdatasyncSync } from "node:fs";
import { errorMessage } from "../lib/errors.ts";

/** To descriptors, in their order: how long they took together, and what went wrong with each, null where nothing did. */
export type SyncAnswer = Readonly<{ ms: number; faults: readonly (string | null)[] | null }>;

declare const self: Worker;

self.onmessage = (event: MessageEvent<readonly number[]>) => {
  const since = performance.now();
  const faults = event.data.map(syncOne);
  const ms = performance.now() - since;
  self.postMessage({
    ms,
    faults: faults.some((fault) => fault !== null) ? faults : null,
  } satisfies SyncAnswer);
};

function syncOne(descriptor: number): string | null {
  try {
    fdatasyncSync(descriptor);
    return null;
  } catch (error) {
    return errorMessage(error);
  }
}
