/** Encrypts the secrets of rejected requests in event files again; no gateway may have the files open. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { isLost } from "../sqlite/file-size.ts";

type SealedRequest = Readonly<{ id: string; sealed_secret: string }>;

/** Requests in one transaction. */
const STEP = 500;

/**
 * Calls `reseal` for each secret of a webhook's rejected requests, and stores what it returns; null leaves a secret as
 * it is. Throws SQLite's error for a file that cannot be read or written. A missing file has no secrets.
 */
export function resealRequests(
  of: Readonly<{ dataDir: string; webhookId: string }>,
  reseal: (rejectedId: string, sealed: string) => string | null,
): void {
  const path = join(of.dataDir, `events-${of.webhookId}.db`);
  if (isLost(path)) return;
  const db = new Database(path, { readwrite: true, create: false });
  try {
    if (!hasSecrets(db)) return;
    // The old text is overwritten: it is readable to anyone who has the old key.
    db.run("PRAGMA secure_delete = ON");
    const next = db.query<SealedRequest, [after: string, limit: number]>(
      `SELECT id, sealed_secret FROM rejected_requests
        WHERE id > ? AND sealed_secret IS NOT NULL ORDER BY id LIMIT ?`,
    );
    const put = db.query<unknown, [string, string]>(
      "UPDATE rejected_requests SET sealed_secret = ? WHERE id = ?",
    );
    for (let after: string | undefined = ""; after !== undefined; ) {
      const rows: readonly SealedRequest[] = next.all(after, STEP);
      db.transaction(() => {
        for (const { id, sealed_secret } of rows) {
          const resealed = reseal(id, sealed_secret);
          if (resealed !== null) put.run(resealed, id);
        }
      }).immediate();
      after = rows.at(-1)?.id;
    }
  } finally {
    db.close(true);
  }
}

/** False for a file of an older version that no gateway has opened since. */
export function hasSecrets(db: Database): boolean {
  const column = "SELECT 1 FROM pragma_table_info('rejected_requests') WHERE name = 'sealed_secret'";
  return db.query(column).get() !== null;
}
