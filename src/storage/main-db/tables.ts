/** The main database's tables as drizzle sees them; the migrations beside this file are what makes them. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { jsonObject } from "./json-object.ts";
import { textList } from "./text-list.ts";

export const users = sqliteTable("users", {
  id: text("id").primaryKey(),
  /** Compared without regard to case; unique among the users that are not deleted. */
  username: text("username").notNull(),
  /** Also stands for users without a password; see auth/users.ts. */
  passwordHash: text("password_hash").notNull(),
  role: text("role", { enum: ["admin", "user"] }).notNull(),
  disabledAt: integer("disabled_at"),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  deletedAt: integer("deleted_at"),
});

export const sessions = sqliteTable("sessions", {
  idHash: text("id_hash").primaryKey(),
  userId: text("user_id").notNull(),
  createdAt: integer("created_at").notNull(),
  lastSeenAt: integer("last_seen_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
  userAgent: text("user_agent").notNull(),
  remoteAddress: text("remote_address").notNull(),
  /** When its user last entered a password or a code. */
  verifiedAt: integer("verified_at").notNull(),
  signedInBy: text("signed_in_by", { enum: ["password", "passkey", "link", "oidc"] }).notNull(),
});

export const secondFactors = sqliteTable("second_factors", {
  /** The user's. */
  id: text("id").primaryKey(),
  /** Sealed. */
  secret: text("secret").notNull(),
  lastStep: integer("last_step").notNull(),
  createdAt: integer("created_at").notNull(),
});

export const passkeys = sqliteTable("passkeys", {
  /** The credential's, in base64url. */
  id: text("id").primaryKey(),
  userId: text("user_id").notNull(),
  name: text("name").notNull(),
  publicKey: text("public_key").notNull(),
  counter: integer("counter").notNull(),
  createdAt: integer("created_at").notNull(),
  lastUsedAt: integer("last_used_at"),
});

export const identities = sqliteTable("identities", {
  id: text("id").primaryKey(),
  userId: text("user_id").notNull(),
  issuer: text("issuer").notNull(),
  /** The provider's id of the account. */
  subject: text("subject").notNull(),
  /** As the provider called the account last; only shown. */
  name: text("name").notNull(),
  createdAt: integer("created_at").notNull(),
  lastUsedAt: integer("last_used_at"),
});

export const recoveryCodes = sqliteTable(
  "recovery_codes",
  { userId: text("user_id").notNull(), codeHash: text("code_hash").notNull() },
  (table) => [primaryKey({ columns: [table.userId, table.codeHash] })],
);

export const webhooks = sqliteTable("webhooks", {
  id: text("id").primaryKey(),
  userId: text("user_id").notNull(),
  name: text("name").notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  deletedAt: integer("deleted_at"),
  /** When its event file was missing and an empty one was made; null: never. */
  eventsLostAt: integer("events_lost_at"),
  /** Null: every setting has its default. */
  settings: jsonObject("settings"),
  /** By what a file of configuration names it; null: none does. */
  key: text("key"),
  managedBy: text("managed_by", { enum: ["file"] }),
  /** The owner's own id of it, unique among the owner's. */
  externalId: text("external_id"),
});

export const entrypoints = sqliteTable("entrypoints", {
  id: text("id").primaryKey(),
  webhookId: text("webhook_id").notNull(),
  name: text("name").notNull(),
  active: integer("active", { mode: "boolean" }).notNull(),
  verification: jsonObject("verification"),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  deletedAt: integer("deleted_at"),
  /** Null: all as it is by default. */
  settings: jsonObject("settings"),
  /** By what a file of configuration names it; null: none does. */
  key: text("key"),
  managedBy: text("managed_by", { enum: ["file"] }),
});

export const targets = sqliteTable("targets", {
  id: text("id").primaryKey(),
  webhookId: text("webhook_id").notNull(),
  name: text("name").notNull(),
  type: text("type").notNull(),
  active: integer("active", { mode: "boolean" }).notNull(),
  /** Secret fields are sealed. */
  config: jsonObject("config").notNull(),
  policy: jsonObject("policy").notNull(),
  settlesAtIngest: integer("settles_at_ingest", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  deletedAt: integer("deleted_at"),
  /** Its deliveries are held since; null while it is not paused. */
  pausedAt: integer("paused_at"),
  /** Why the gateway itself deactivated it; null where a person did, or it is active. */
  deactivatedReason: text("deactivated_reason"),
  /** Null: its requests are not signed. Secrets are sealed. */
  signing: jsonObject("signing"),
  /** The version of its transformation that is in use; null: requests go out as they came. */
  transformationVersion: integer("transformation_version"),
  /** By what a file of configuration names it; null: none does. */
  key: text("key"),
  managedBy: text("managed_by", { enum: ["file"] }),
});

export const transformationVersions = sqliteTable(
  "transformation_versions",
  {
    targetId: text("target_id").notNull(),
    version: integer("version").notNull(),
    code: text("code").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.targetId, table.version] })],
);

export const apiKeys = sqliteTable("api_keys", {
  id: text("id").primaryKey(),
  userId: text("user_id").notNull(),
  name: text("name").notNull(),
  /** The token's first characters, so that its owner can tell it from others. */
  prefix: text("prefix").notNull(),
  tokenHash: text("token_hash").notNull(),
  createdAt: integer("created_at").notNull(),
  lastUsedAt: integer("last_used_at"),
  revokedAt: integer("revoked_at"),
  /** Null: everything its user may do. */
  scopes: textList("scopes"),
  /** Null: all webhooks of its user. */
  webhookIds: textList("webhook_ids"),
  expiresAt: integer("expires_at"),
  lastUsedFrom: text("last_used_from"),
});

export type UserRow = typeof users.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;
export type IdentityRow = typeof identities.$inferSelect;
export type PasskeyRow = typeof passkeys.$inferSelect;
export type SecondFactorRow = typeof secondFactors.$inferSelect;
export type WebhookRow = typeof webhooks.$inferSelect;
export type EntrypointRow = typeof entrypoints.$inferSelect;
export type TargetRow = typeof targets.$inferSelect;
export type TransformationVersionRow = typeof transformationVersions.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;
