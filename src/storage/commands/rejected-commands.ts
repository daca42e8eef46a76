/** Keeps rejected requests, turns them into events, and deletes them. */
import {
  acceptReverified,
  deleteRejected,
  keepRejected,
  pruneRejected,
  type RejectedDraft,
  type Reverified,
  setReasons,
} from "../event-db/rejected.ts";
import { durable, repeatable } from "./command.ts";

export const rejectedCommands = {
  keepRejected: repeatable((file, { draft }: Readonly<{ draft: RejectedDraft }>) =>
    keepRejected(file, draft),
  ),
  acceptRejected: durable((file, { reverified }: Readonly<{ reverified: readonly Reverified[] }>) =>
    reverified.map((each) => acceptReverified(file, each)),
  ),
  setReasons: repeatable((file, { reasons }: Readonly<{ reasons: readonly (readonly [string, string])[] }>) =>
    setReasons(file, reasons),
  ),
  deleteRejected: durable((file, { ids }: Readonly<{ ids: readonly string[] }>) => deleteRejected(file, ids)),
  pruneRejected: repeatable(pruneRejected),
};
