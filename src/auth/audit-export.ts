/** Writes the audit log for programs: one JSON object a line (NDJSON), the latest entry first. */
import { nextTurn } from "../lib/pauses.ts";
import type { AuditEntry, AuditFilter, AuditReader, AuditReading } from "./audit-reading.ts";

/** Entries read at a time, which takes a few milliseconds. */
const ENTRIES_AT_ONCE = 200;

/** Returns an entry in the API's form. */
export function presentAuditEntry(entry: AuditEntry) {
  return {
    number: entry.number,
    at: new Date(entry.at).toISOString(),
    via: entry.via,
    user_id: entry.userId,
    username: entry.username,
    session_id: entry.sessionId,
    api_key_id: entry.keyId,
    api_key_name: entry.keyName,
    remote_address: entry.remoteAddress,
    request_id: entry.requestId,
    action: entry.action,
    outcome: entry.outcome,
    code: entry.code,
    object_id: entry.objectId,
    object_name: entry.objectName,
    webhook_id: entry.webhookId,
    webhook_name: entry.webhookName,
    fields: [...entry.fields],
    hash: entry.hash,
  };
}

/** `mayGoOn` is asked before each step; the response ends early once it is false. */
export function auditExportResponse(
  reading: AuditReading,
  asked: Readonly<{ reader: AuditReader; filter: Omit<AuditFilter, "limit">; mayGoOn: () => boolean }>,
): Response {
  const { reader, filter, mayGoOn } = asked;
  const encoder = new TextEncoder();
  let before = filter.before ?? null;
  let isAtEnd = false;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (!isAtEnd && mayGoOn()) {
        const page = reading.search(reader, {
          ...filter,
          ...(before !== null && { before }),
          limit: ENTRIES_AT_ONCE,
        });
        before = page.nextBefore;
        isAtEnd = before === null;
        if (page.entries.length > 0) {
          const lines = page.entries.map((entry) => `${JSON.stringify(presentAuditEntry(entry))}\n`);
          controller.enqueue(encoder.encode(lines.join("")));
          return;
        }
        // A step that found nothing gives others a turn.
        await nextTurn();
      }
      controller.close();
    },
  });
  return new Response(stream, {
    headers: {
      "content-type": "application/x-ndjson",
      "content-disposition": 'attachment; filename="audit-log.ndjson"',
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
  });
}
