/** Queries on the links that set a password or confirm an e-mail address. Only hashes of their tokens are stored. */
import type { Database } from "bun:sqlite";
import { z } from "zod";

const linkRow = z.object({
  tokenHash: z.string(),
  purpose: z.enum(["password", "email"]),
  userId: z.string(),
  /** The address to confirm. */
  email: z.string().nullable(),
  createdAt: z.number(),
  expiresAt: z.number(),
});

export type OneTimeLinkRow = z.infer<typeof linkRow>;
export type LinkPurpose = OneTimeLinkRow["purpose"];

type OfUser = Readonly<{ userId: string; purpose: LinkPurpose }>;
type Params = Record<string, string | number | null>;

export type OneTimeLinkQueries = ReturnType<typeof createOneTimeLinkQueries>;

export function createOneTimeLinkQueries(db: Database) {
  return {
    insert(row: OneTimeLinkRow): void {
      db.query<unknown, [Params]>(
        "INSERT INTO one_time_links VALUES ($tokenHash, $purpose, $userId, $email, $createdAt, $expiresAt)",
      ).run(row);
    },
    /** Also an expired one. */
    find(tokenHash: string): OneTimeLinkRow | null {
      const row = db
        .query<unknown, [Params]>(
          `SELECT token_hash AS tokenHash, purpose, user_id AS userId, email, created_at AS createdAt,
             expires_at AS expiresAt
           FROM one_time_links WHERE token_hash = $tokenHash`,
        )
        .get({ tokenHash });
      return row === null ? null : linkRow.parse(row);
    },
    /** Those that have not expired. */
    count({ userId, purpose, now }: OfUser & Readonly<{ now: number }>): number {
      const row = db
        .query<{ n: number }, [Params]>(
          `SELECT count(*) AS n FROM one_time_links
           WHERE user_id = $userId AND purpose = $purpose AND expires_at > $now`,
        )
        .get({ userId, purpose, now });
      return row?.n ?? 0;
    },
    /** Deletes a user's links; returns how many there were. */
    removeAll({ userId, purpose }: OfUser): number {
      return db
        .query<unknown, [Params]>("DELETE FROM one_time_links WHERE user_id = $userId AND purpose = $purpose")
        .run({ userId, purpose }).changes;
    },
    deleteExpired(now: number): void {
      db.query<unknown, [Params]>("DELETE FROM one_time_links WHERE expires_at <= $now").run({ now });
    },
  };
}
