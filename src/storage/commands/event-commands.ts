/** Stores events. */
import { type DedupKey, recordOnce } from "../event-db/duplicates.ts";
import { type EventOrigin, noteOrigin } from "../event-db/event-log.ts";
import { recordEvent } from "../event-db/record-events.ts";
import type { EventDraft } from "../event-db/types.ts";
import { durable } from "./command.ts";

export const eventCommands = {
  append: durable((file, { draft }: Readonly<{ draft: EventDraft }>) => recordEvent(file, draft)),
  /** Counts the draft as a duplicate if its entrypoint has an equal request with the key. */
  appendOnce: durable((file, { draft, dedupKey }: Readonly<{ draft: EventDraft; dedupKey: DedupKey }>) =>
    recordOnce(file, draft, dedupKey),
  ),
  noteOrigin: durable((file, { origin }: Readonly<{ origin: EventOrigin & Readonly<{ eventId: string }> }>) =>
    noteOrigin(file, origin),
  ),
};
