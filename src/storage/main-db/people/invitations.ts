/** Queries on invitations that nobody has accepted yet. Only hashes of their tokens are stored. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import { WEBHOOK_ROLES } from "./members.ts";

const invitationRow = z.object({
  id: z.string(),
  tokenHash: z.string(),
  email: z.string().nullable(),
  /** Who is meant. */
  name: z.string().nullable(),
  /** Role of the new account. */
  role: z.enum(["admin", "user"]),
  webhookId: z.string().nullable(),
  webhookRole: z.enum(WEBHOOK_ROLES).nullable(),
  teamId: z.string().nullable(),
  invitedBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** When the link went out by e-mail; null: it was shown to whoever invited. */
  mailedAt: z.number().nullable(),
});

export type InvitationRow = z.infer<typeof invitationRow>;

type Params = Record<string, string | number | null>;

export type InvitationQueries = ReturnType<typeof createInvitationQueries>;

const COLUMNS = `id, token_hash AS tokenHash, email, name, role, webhook_id AS webhookId, webhook_role AS webhookRole,
  team_id AS teamId, invited_by AS invitedBy, created_at AS createdAt, expires_at AS expiresAt, mailed_at AS mailedAt`;

export function createInvitationQueries(db: Database) {
  const one = (where: string, params: Params): InvitationRow | null => {
    const row = db.query<unknown, [Params]>(`SELECT ${COLUMNS} FROM invitations WHERE ${where}`).get(params);
    return row === null ? null : invitationRow.parse(row);
  };
  return {
    insert(row: InvitationRow): void {
      db.query<unknown, [Params]>(
        `INSERT INTO invitations VALUES ($id, $tokenHash, $email, $name, $role, $webhookId, $webhookRole, $teamId,
           $invitedBy, $createdAt, $expiresAt, $mailedAt)`,
      ).run(row);
    },
    find: (id: string) => one("id = $id", { id }),
    findByToken: (tokenHash: string) => one("token_hash = $tokenHash", { tokenHash }),
    /** Those to a webhook, or with null those to the server; oldest first. */
    list(webhookId: string | null): InvitationRow[] {
      return db
        .query<unknown, [Params]>(
          `SELECT ${COLUMNS} FROM invitations WHERE webhook_id IS $webhookId ORDER BY created_at, id`,
        )
        .all({ webhookId })
        .map((row) => invitationRow.parse(row));
    },
    /** Replaces the link; the one before is void. */
    renew({ id, tokenHash, invitedBy, expiresAt }: InvitationRow): void {
      db.query<unknown, [Params]>(
        `UPDATE invitations SET token_hash = $tokenHash, invited_by = $invitedBy, expires_at = $expiresAt, mailed_at = NULL
         WHERE id = $id`,
      ).run({ id, tokenHash, invitedBy, expiresAt });
    },
    /** Notes that the link with this token was mailed, if it is still the current one. */
    setMailed(of: Readonly<{ tokenHash: string; at: number }>): void {
      db.query<unknown, [Params]>("UPDATE invitations SET mailed_at = $at WHERE token_hash = $tokenHash").run(
        of,
      );
    },
    /** Returns false if there is none: it was accepted or revoked meanwhile. */
    remove({ id }: Pick<InvitationRow, "id">): boolean {
      return db.query<unknown, [Params]>("DELETE FROM invitations WHERE id = $id").run({ id }).changes > 0;
    },
    deleteExpired(before: number): void {
      db.query<unknown, [Params]>("DELETE FROM invitations WHERE expires_at <= $before").run({ before });
    },
  };
}
