/** /audit: who changed what, as one page or as a stream of lines. */
import { z } from "zod";
import type { Caller } from "../../auth/api-keys.ts";
import { auditExportResponse, presentAuditEntry } from "../../auth/audit-export.ts";
import type { AuditReader } from "../../auth/audit-reading.ts";
import { invalidCursor } from "../../lib/errors.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { id, time } from "../schema-parts.ts";
import { listOf } from "../schemas.ts";

const tag = "Audit log";
const scope = "admin";

const givenTime = z.iso
  .datetime({ offset: true, error: "must be a time such as 2026-11-24T08:00:00Z" })
  .transform((text) => Date.parse(text));
const text = z.string().min(1).max(200).optional();

const filterShape = {
  user_id: text.describe("Only what this user did."),
  via: z
    .enum(["dashboard", "api", "command line", "gateway"])
    .optional()
    .describe("Only what came this way."),
  action: text.describe(
    "Only this action, such as `target.update`, or this kind of object, such as `target`.",
  ),
  outcome: z.enum(["done", "refused", "failed"]).optional().describe("Only entries with this outcome."),
  object_id: text.describe("Only entries about this object, or about the parts of this webhook."),
  from: givenTime.optional().describe("At or after this time."),
  to: givenTime.optional().describe("Before this time."),
};

const listQuery = z.strictObject({
  ...filterShape,
  limit: z.coerce.number().int().min(1).max(500).default(50).describe("Entries on a page."),
  cursor: z.string().min(1).optional().describe("`next_cursor` of the previous page."),
});
const exportQuery = z.strictObject(filterShape);

const auditEntrySchema = z
  .strictObject({
    number: z.int().describe("From 1, without gaps."),
    at: time,
    via: z.enum(["dashboard", "api", "command line", "gateway"]),
    user_id: id
      .nullable()
      .describe("Who did it; null for commands, the gateway, and requests without a user."),
    username: z.string().nullable(),
    session_id: z.string().nullable(),
    api_key_id: id.nullable(),
    api_key_name: z.string().nullable(),
    remote_address: z.string().nullable(),
    request_id: id.nullable().describe("As in the response's `X-Request-Id`."),
    action: z.string().describe("Kind of object and verb, such as `target.update`."),
    outcome: z.enum(["done", "refused", "failed"]),
    code: z.string().nullable().describe("The error's code."),
    object_id: z.string().nullable(),
    object_name: z.string().nullable().describe("The object's name at that time."),
    webhook_id: z.string().nullable(),
    webhook_name: z.string().nullable().describe("The webhook's name now."),
    fields: z.array(z.string()).describe("Names of the changed fields, without values."),
    hash: z.string().describe("SHA-256 over this entry and the hash of the one before."),
  })
  .meta({ id: "AuditEntry", description: "Who changed what." });

export function auditOperations({ auditReading, isAdmin }: ApiDeps): readonly Operation[] {
  const readerOf = ({ userId }: Caller): AuditReader => ({ userId, isAdmin: isAdmin(userId) });
  return [
    operation({
      id: "listAuditEntries",
      method: "GET",
      path: "/audit",
      tag,
      scope,
      summary: "List entries of the audit log, the latest first",
      description:
        "Administrators get everybody's entries; others what they did and what was done to their objects. A page may have fewer entries than `limit`, or none, and a `next_cursor` all the same: a search reads a bounded number of entries at a time.",
      query: listQuery,
      success: { status: 200, description: "One page.", schema: listOf(auditEntrySchema) },
      async handle({ caller, query: { cursor, limit, ...filter } }) {
        const before = cursor === undefined ? undefined : readCursor(cursor);
        const { entries, nextBefore } = auditReading.search(readerOf(caller), {
          ...toFilter(filter),
          before,
          limit,
        });
        const next_cursor = nextBefore === null ? null : String(nextBefore);
        return { data: entries.map(presentAuditEntry), next_cursor };
      },
    }),
    operation({
      id: "exportAuditLog",
      method: "GET",
      path: "/audit/export",
      tag,
      scope,
      summary: "Export the audit log as NDJSON",
      description: "One entry a line, in the form of `listAuditEntries`, the latest first.",
      query: exportQuery,
      success: { status: 200, description: "The entries.", contentType: "application/x-ndjson" },
      async handle({ caller, query, setIdleTimeout, isKeyUsable }) {
        setIdleTimeout(0);
        const filter = toFilter(query);
        const reader = readerOf(caller);
        const mayGoOn = () => isKeyUsable() && readerOf(caller).isAdmin === reader.isAdmin;
        return auditExportResponse(auditReading, { reader, filter, mayGoOn });
      },
    }),
  ];
}

function toFilter({ user_id: userId, object_id: objectId, ...rest }: z.output<typeof exportQuery>) {
  return { ...rest, userId, objectId };
}

function readCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw invalidCursor();
  return Number(cursor);
}
