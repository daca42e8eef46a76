/** The entries of the audit log and the chain of their hashes. */
import { createHash } from "node:crypto";
import { z } from "zod";

export const AUDIT_OUTCOMES = ["done", "refused", "failed"] as const;
const VIAS = ["dashboard", "api", "command line", "gateway"] as const;

const text = z.string().nullable();

const entryRow = z.object({
  number: z.number(),
  at: z.number(),
  via: z.enum(VIAS),
  user_id: text,
  session_id: text,
  key_id: text,
  remote_address: text,
  request_id: text,
  action: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  code: text,
  object_id: text,
  object_name: text,
  webhook_id: text,
  owner_id: text,
  fields: z.string(),
  hash: z.string(),
});

/** A row as stored. */
export type AuditRow = z.infer<typeof entryRow>;

export const readAuditRow = (row: unknown): AuditRow => entryRow.parse(row);

/** Returns the row's hash, given the one of the row before; "" before the first. */
export function hashOf(before: string, row: Omit<AuditRow, "hash">): string {
  const { number, at, via, user_id, session_id, key_id, remote_address, request_id } = row;
  const { action, outcome, code, object_id, object_name, webhook_id, owner_id, fields } = row;
  const who = [via, user_id, session_id, key_id, remote_address, request_id];
  const what = [action, outcome, code, object_id, object_name, webhook_id, owner_id, fields];
  return createHash("sha256")
    .update(JSON.stringify([before, number, at, ...who, ...what]))
    .digest("hex");
}
