/** The event file's tables as drizzle sees them; the migrations create them. */
import { blob, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { DeliveryStatus, HeaderPairs } from "./types.ts";

export const events = sqliteTable("events", {
  id: text().primaryKey(),
  entrypointId: text("entrypoint_id").notNull(),
  receivedAt: integer("received_at").notNull(),
  method: text().notNull(),
  pathTail: text("path_tail").notNull(),
  query: text().notNull(),
  headers: text({ mode: "json" }).$type<HeaderPairs>().notNull(),
  contentType: text("content_type").notNull(),
  remoteAddress: text("remote_address").notNull(),
  bodySize: integer("body_size").notNull(),
  body: blob({ mode: "buffer" }).$type<Uint8Array>().notNull(),
  type: text(),
  filtered: text(),
  unjudged: text(),
});

export const deliveries = sqliteTable(
  "deliveries",
  {
    eventId: text("event_id").notNull(),
    targetId: text("target_id").notNull(),
    id: text().notNull(),
    status: text().$type<DeliveryStatus>().notNull(),
    attempts: integer().notNull(),
    replays: integer().notNull(),
    attemptsAtReplay: integer("attempts_at_replay").notNull(),
    nextAttemptAt: integer("next_attempt_at"),
    reason: text(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.eventId, table.targetId] })],
);

export const deliveryResults = sqliteTable(
  "delivery_results",
  {
    eventId: text("event_id").notNull(),
    targetId: text("target_id").notNull(),
    attempt: integer().notNull(),
    id: text().notNull(),
    startedAt: integer("started_at").notNull(),
    durationMs: integer("duration_ms").notNull(),
    statusCode: integer("status_code"),
    error: text(),
    responseHeaders: text("response_headers", { mode: "json" }).$type<HeaderPairs>(),
    responseBody: blob("response_body", { mode: "buffer" }).$type<Uint8Array>(),
    responseBodyTruncated: integer("response_body_truncated", { mode: "boolean" }).notNull(),
    transformationVersion: integer("transformation_version"),
    transformationFailed: integer("transformation_failed", { mode: "boolean" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.eventId, table.targetId, table.attempt] })],
);
