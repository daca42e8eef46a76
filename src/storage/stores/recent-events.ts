/** Keeps the newest events in memory for a moment: nearly every delivery begins within milliseconds of the event. */
import { bytesOf, type EventDraft, type StoredEvent } from "../event-db/types.ts";

/** At most two generations are kept, each limited in events and bytes; the backlog stays in the files. */
const GENERATION_EVENTS = 512;
const GENERATION_BYTES = 4 * 1024 * 1024;
const LARGEST_BODY = 64 * 1024;
/** Memory of an event beside its body and headers. */
const OVERHEAD_BYTES = 500;

/**
 * Saves the delivery path from reading what was written a moment ago (about a tenth of its time). It is only asked for
 * events whose deliveries were found in the file, so it never returns an event that was not stored.
 */
export class RecentEvents {
  #young = new Map<string, EventDraft>();
  #old = new Map<string, EventDraft>();
  #youngBytes = 0;

  put(draft: EventDraft): void {
    if (draft.body.byteLength > LARGEST_BODY) return;
    if (draft.targets.every((target) => target.settlesAtIngest)) return;
    const bytes = cost(draft);
    // Whole generations are dropped: deleting entries from a map's front makes every later look at it slower.
    if (this.#youngBytes + bytes > GENERATION_BYTES || this.#young.size >= GENERATION_EVENTS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(draft.id, draft);
    this.#youngBytes += bytes;
  }

  /** `webhookId` is the webhook of the file that names the event: an imported file may name another webhook's event. */
  find(webhookId: string, eventId: string): StoredEvent | null {
    const draft = this.#young.get(eventId) ?? this.#old.get(eventId);
    if (draft?.webhookId !== webhookId) return null;
    // Field by field: this is the path of every delivery, and a rest pattern is slow.
    return {
      id: draft.id,
      entrypointId: draft.entrypointId,
      receivedAt: draft.receivedAt,
      method: draft.method,
      pathTail: draft.pathTail,
      query: draft.query,
      headers: draft.headers,
      contentType: draft.contentType,
      remoteAddress: draft.remoteAddress,
      type: draft.type,
      bodySize: draft.body.byteLength,
      body: draft.body,
    };
  }
}

function cost(draft: EventDraft): number {
  return bytesOf(draft) + OVERHEAD_BYTES;
}
