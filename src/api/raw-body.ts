/** Responds with an event's bytes as received, in a way that no browser renders them as a page of this origin. */
import type { StoredEvent } from "../storage/event-db/types.ts";

const MEDIA_TYPE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(?:\s*;[\x20-\x7e]{0,200})?$/;

export function rawBodyResponse(event: Pick<StoredEvent, "id" | "body" | "contentType">): Response {
  const bytes = new Uint8Array(event.body);
  return new Response(bytes, {
    headers: {
      "content-type": MEDIA_TYPE.test(event.contentType) ? event.contentType : "application/octet-stream",
      "content-disposition": `attachment; filename="event-${event.id}"`,
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
    },
  });
}
