/** Reads the audit log for people: administrators see everything, users what concerns them. */
import type { AuditEntryRow, WantedEntries } from "../storage/main-db/audit/search.ts";
import type { MainDb } from "../storage/main-db/open.ts";

export type AuditEntry = Readonly<{
  /** From 1, without gaps. */
  number: number;
  at: number;
  via: "dashboard" | "api" | "command line" | "gateway";
  userId: string | null;
  username: string | null;
  sessionId: string | null;
  keyId: string | null;
  keyName: string | null;
  remoteAddress: string | null;
  requestId: string | null;
  /** Kind of object and verb, such as "target.update". */
  action: string;
  outcome: "done" | "refused" | "failed";
  /** The error's code. */
  code: string | null;
  objectId: string | null;
  objectName: string | null;
  webhookId: string | null;
  webhookName: string | null;
  /** Names of the changed fields. */
  fields: readonly string[];
  hash: string;
}>;

/** `isAdmin`: sees the entries of everybody. */
export type AuditReader = Readonly<{ userId: string; isAdmin: boolean }>;

export type AuditFilter = Omit<WantedEntries, "readerId">;

export type AuditReading = ReturnType<typeof createAuditReading>;

export function createAuditReading({ mainDb }: { mainDb: Pick<MainDb, "audit"> }) {
  return {
    /** The latest first. Stops after a bounded number of entries; `nextBefore` says where to go on. */
    search(reader: AuditReader, filter: AuditFilter) {
      const { entries, ...page } = mainDb.audit.search({
        ...filter,
        readerId: reader.isAdmin ? null : reader.userId,
      });
      return { ...page, entries: entries.map((row) => toEntry(row, reader)) };
    },
  };
}

/** Where others sign in from is no business of a user whose webhook they changed. */
function toEntry(row: AuditEntryRow, { userId, isAdmin }: AuditReader): AuditEntry {
  // An id that was guessed must not come back as if it were somebody's.
  const seesObject = isAdmin || row.code !== "not_found";
  const seesOrigin = isAdmin || row.user_id === userId || row.user_id === null;
  return {
    number: row.number,
    at: row.at,
    via: row.via,
    userId: row.user_id,
    username: row.username,
    sessionId: seesOrigin ? row.session_id : null,
    keyId: seesOrigin ? row.key_id : null,
    keyName: seesOrigin ? row.keyName : null,
    remoteAddress: seesOrigin ? row.remote_address : null,
    requestId: row.request_id,
    action: row.action,
    outcome: row.outcome,
    code: row.code,
    objectId: seesObject ? row.object_id : null,
    objectName: row.object_name,
    webhookId: seesObject ? row.webhook_id : null,
    webhookName: row.webhookName,
    fields: JSON.parse(row.fields),
    hash: row.hash,
  };
}
