/** Queries on the members of webhooks: users and teams with a role. A webhook's owner is in its own row. */
import type { Database } from "bun:sqlite";
import { z } from "zod";

/** From the least to the most. */
export const WEBHOOK_ROLES = ["viewer", "replayer", "editor", "owner"] as const;
export type WebhookRole = (typeof WEBHOOK_ROLES)[number];

const role = z.enum(WEBHOOK_ROLES);

const memberRow = z.object({
  id: z.string(),
  webhookId: z.string(),
  userId: z.string().nullable(),
  teamId: z.string().nullable(),
  role,
  createdAt: z.number(),
});

/** Either a user or a team. */
export type MemberRow = z.infer<typeof memberRow>;

const grantRow = z.object({ webhookId: z.string(), role });

export type MemberQueries = ReturnType<typeof createMemberQueries>;

const COLUMNS = `id, webhook_id AS webhookId, user_id AS userId, team_id AS teamId, role, created_at AS createdAt`;
const OF_USER = `(user_id = $userId OR team_id IN (SELECT team_id FROM team_users WHERE user_id = $userId))`;

type Params = Record<string, string | number | null>;

export function createMemberQueries(db: Database) {
  const grants = db.prepare<unknown, [Params]>(
    `SELECT webhook_id AS webhookId, role FROM members WHERE webhook_id = $webhookId AND ${OF_USER}`,
  );
  const allGrants = db.prepare<unknown, [Params]>(
    `SELECT webhook_id AS webhookId, role FROM members WHERE ${OF_USER}`,
  );
  return {
    /** Throws SQLITE_CONSTRAINT_UNIQUE for a user or team that is a member already. */
    insert(row: MemberRow): void {
      db.query<unknown, [Params]>(
        "INSERT INTO members VALUES ($id, $webhookId, $userId, $teamId, $role, $createdAt)",
      ).run(row);
    },
    setRole({ id, role }: MemberRow): void {
      db.query<unknown, [Params]>("UPDATE members SET role = $role WHERE id = $id").run({ id, role });
    },
    remove({ id }: MemberRow): void {
      db.query<unknown, [Params]>("DELETE FROM members WHERE id = $id").run({ id });
    },
    /** Oldest first. */
    list(webhookId: string): MemberRow[] {
      return db
        .query<unknown, [Params]>(
          `SELECT ${COLUMNS} FROM members WHERE webhook_id = $webhookId ORDER BY created_at, id`,
        )
        .all({ webhookId })
        .map((row) => memberRow.parse(row));
    },
    /** The roles that a user has on a webhook as a member, directly or by teams. */
    listRoles(of: { webhookId: string; userId: string }): WebhookRole[] {
      return grants.all(of).map((row) => grantRow.parse(row).role);
    },
    /** The same for all webhooks, by their ids. */
    listAllRoles(userId: string): ReadonlyMap<string, readonly WebhookRole[]> {
      const rows = allGrants.all({ userId }).map((row) => grantRow.parse(row));
      const byWebhook = Map.groupBy(rows, ({ webhookId }) => webhookId);
      return new Map([...byWebhook].map(([id, found]) => [id, found.map((each) => each.role)]));
    },
  };
}
