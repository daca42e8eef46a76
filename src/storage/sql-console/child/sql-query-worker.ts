/** The child's thread that runs the statement: nothing can be done in a thread that SQLite is busy in. */
import { setPriority } from "node:os";
import { errorMessage } from "../../../lib/errors.ts";
import type { QueryOrder } from "../order.ts";
import { type RowsRead, readRows } from "./read-rows.ts";

declare const self: Worker;

/** Niceness, of at most 19: acknowledging and delivering come first. */
const LOW_PRIORITY = 10;

/** Messages of the thread: it has been loaded, and how the statement ended. */
export type QueryWorkerMessage = "loaded" | ReturnType<typeof readRows> | Readonly<{ broken: string }>;

self.onmessage = ({ data }: MessageEvent<QueryOrder>) => tell(answerTo(data));

lowerPriority();
tell("loaded");

/** On Linux that of this thread, elsewhere of the process; not where the system refuses it. */
function lowerPriority(): void {
  try {
    setPriority(LOW_PRIORITY);
  } catch {
    // See above.
  }
}

function answerTo(order: QueryOrder): RowsRead | QueryWorkerMessage {
  try {
    return readRows(order);
  } catch (error) {
    return { broken: errorMessage(error) };
  }
}

function tell(message: QueryWorkerMessage): void {
  self.postMessage(message);
}
