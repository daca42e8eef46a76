/** Queries on portal links, which are sessions once they are opened, and on how portals look. */
import type { Database } from "bun:sqlite";
import { z } from "zod";

const linkRow = z.object({
  id: z.string(),
  webhookId: z.string(),
  createdBy: z.string(),
  targetTypes: z.string().transform((json) => z.array(z.string()).parse(JSON.parse(json))),
  createdAt: z.number(),
  expiresAt: z.number(),
});

const listedRow = linkRow.extend({ isOpened: z.number().transform((flag) => flag === 1) });

export type PortalLinkRow = Readonly<z.output<typeof linkRow>>;
export type ListedPortalLink = Readonly<z.output<typeof listedRow>>;

export type PortalSettings = Readonly<{
  origin: string | null;
  name: string | null;
  colour: string | null;
  logo: string | null;
}>;

/** A user without a row has no settings. */
export type StoredPortalSettings = PortalSettings & Readonly<{ managedBy: "file" | null }>;

export type PortalQueries = ReturnType<typeof createPortalQueries>;

const COLUMNS = `id, webhook_id AS webhookId, created_by AS createdBy, target_types AS targetTypes,
  created_at AS createdAt, expires_at AS expiresAt`;
export const NO_PORTAL_SETTINGS: PortalSettings = { origin: null, name: null, colour: null, logo: null };

/** Links of a webhook at a time; more end the oldest. */
const MOST_LINKS = 1_000;

export function createPortalQueries(db: Database) {
  const insert = db.prepare(
    `INSERT INTO portal_links (id, webhook_id, created_by, target_types, token_hash, created_at, expires_at)
     VALUES ($id, $webhookId, $createdBy, $targetTypes, $tokenHash, $createdAt, $expiresAt)`,
  );
  const removeOld = db.prepare<unknown, [number]>("DELETE FROM portal_links WHERE expires_at <= ?");
  const removeMany = db.prepare<unknown, [string, number]>(
    `DELETE FROM portal_links WHERE id IN (SELECT id FROM portal_links WHERE webhook_id = ?
       ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?)`,
  );
  // One statement, so that a link is opened once.
  const open = db.prepare<unknown, [string, string, number]>(
    `UPDATE portal_links SET session_hash = ? WHERE token_hash = ? AND session_hash IS NULL AND expires_at > ?
     RETURNING ${COLUMNS}`,
  );
  const find = db.prepare<unknown, [string, string, number]>(
    `SELECT ${COLUMNS} FROM portal_links WHERE id = ? AND session_hash = ? AND expires_at > ?`,
  );
  const list = db.prepare<unknown, [string, number]>(
    `SELECT ${COLUMNS}, session_hash IS NOT NULL AS isOpened FROM portal_links
     WHERE webhook_id = ? AND expires_at > ? ORDER BY created_at DESC, id DESC`,
  );
  const remove = db.prepare<unknown, [string, string]>(
    "DELETE FROM portal_links WHERE webhook_id = ? AND id = ?",
  );
  const removeAll = db.prepare<unknown, [string]>("DELETE FROM portal_links WHERE webhook_id = ?");
  const settings = db.prepare<StoredPortalSettings, [string]>(
    "SELECT origin, name, colour, logo, managed_by AS managedBy FROM portal_settings WHERE user_id = ?",
  );
  const setSettings = db.prepare(
    `INSERT INTO portal_settings (user_id, origin, name, colour, logo, managed_by)
     VALUES ($userId, $origin, $name, $colour, $logo, $managedBy)
     ON CONFLICT (user_id) DO UPDATE SET origin = $origin, name = $name, colour = $colour, logo = $logo,
       managed_by = $managedBy`,
  );
  const removeSettings = db.prepare<unknown, [string]>("DELETE FROM portal_settings WHERE user_id = ?");
  return {
    insert({ targetTypes, ...row }: PortalLinkRow & Readonly<{ tokenHash: string }>): void {
      removeOld.run(row.createdAt);
      insert.run({ ...row, targetTypes: JSON.stringify(targetTypes) });
      removeMany.run(row.webhookId, MOST_LINKS);
    },
    /** The link, which nobody can open again; null if it is unknown, opened or over. */
    open(of: { tokenHash: string; sessionHash: string; now: number }): PortalLinkRow | null {
      const row = open.get(of.sessionHash, of.tokenHash, of.now);
      return row === null ? null : linkRow.parse(row);
    },
    find(of: { id: string; sessionHash: string; now: number }): PortalLinkRow | null {
      const row = find.get(of.id, of.sessionHash, of.now);
      return row === null ? null : linkRow.parse(row);
    },
    /** Those of a webhook that are not over, the newest first. */
    list({ webhookId, now }: { webhookId: string; now: number }): readonly ListedPortalLink[] {
      return list.all(webhookId, now).map((row) => listedRow.parse(row));
    },
    /** Ends a link and its session. */
    remove({ webhookId, id }: Pick<PortalLinkRow, "webhookId" | "id">): void {
      remove.run(webhookId, id);
    },
    /** Ends all links and sessions of the webhook. */
    removeAll({ webhookId }: { webhookId: string }): void {
      removeAll.run(webhookId);
    },
    settingsOf: (userId: string): StoredPortalSettings | null => settings.get(userId),
    setSettings({ userId, ...values }: StoredPortalSettings & Readonly<{ userId: string }>): void {
      setSettings.run({ userId, ...values });
    },
    removeSettings(userId: string): void {
      removeSettings.run(userId);
    },
  };
}
