/** Queries on the e-mail addresses of users, all of them confirmed. Several users may share one. */
import type { Database } from "bun:sqlite";
import { z } from "zod";

const emailRow = z.object({ userId: z.string(), email: z.string() });

type EmailRow = z.infer<typeof emailRow>;
type Params = Record<string, string | number>;

export type UserEmailQueries = ReturnType<typeof createUserEmailQueries>;

export function createUserEmailQueries(db: Database) {
  const COLUMNS = "user_id AS userId, email";
  return {
    find(userId: string): string | null {
      const row = db
        .query<unknown, [Params]>(`SELECT ${COLUMNS} FROM user_emails WHERE user_id = $userId`)
        .get({ userId });
      return row === null ? null : emailRow.parse(row).email;
    },
    /** The users with an address, whatever its case. */
    listUserIds(email: string): string[] {
      return db
        .query<unknown, [Params]>(`SELECT ${COLUMNS} FROM user_emails WHERE email = $email ORDER BY user_id`)
        .all({ email })
        .map((row) => emailRow.parse(row).userId);
    },
    list(): EmailRow[] {
      const rows = db.query<unknown, []>(`SELECT ${COLUMNS} FROM user_emails`).all();
      return rows.map((row) => emailRow.parse(row));
    },
    put(change: Readonly<{ userId: string; email: string; at: number }>): void {
      db.query<unknown, [Params]>(
        `INSERT INTO user_emails VALUES ($userId, $email, $at)
         ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, confirmed_at = excluded.confirmed_at`,
      ).run(change);
    },
    /** Returns false if the user has none. */
    remove(userId: string): boolean {
      const done = db
        .query<unknown, [Params]>("DELETE FROM user_emails WHERE user_id = $userId")
        .run({ userId });
      return done.changes > 0;
    },
  };
}
