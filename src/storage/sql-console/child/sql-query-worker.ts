/** The child's thread that runs the statement: nothing can be done in a thread that SQLite is busy in. */
import { errorMessage } from "../../../lib/errors.ts";
import type { QueryOrder } from "../order.ts";
import { type RowsRead, readRows } from "./read-rows.ts";

declare const self: Worker;

/** What the thread says: that it has been loaded, and how the statement ended. */
export type QueryWorkerMessage = "loaded" | ReturnType<typeof readRows> | Readonly<{ broken: string }>;

self.onmessage = ({ data }: MessageEvent<QueryOrder>) => tell(answerTo(data));

tell("loaded");

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
