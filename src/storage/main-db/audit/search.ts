/** Searches the audit log, reading a bounded number of entries at a time. */
import type { Database } from "bun:sqlite";
import { type AuditRow, readAuditRow } from "./entry.ts";

/** An entry with the names that its ids have now. */
export type AuditEntryRow = AuditRow &
  Readonly<{ username: string | null; keyName: string | null; webhookName: string | null }>;

export type WantedEntries = Readonly<{
  /** Only what this user did, or what was done to their objects; null: everything. */
  readerId: string | null;
  /** Who did it. */
  userId?: string | undefined;
  via?: string | undefined;
  /** An action such as "target.update", or a kind of object such as "target". */
  action?: string | undefined;
  outcome?: string | undefined;
  /** The object itself, or its webhook. */
  objectId?: string | undefined;
  /** At or after, in milliseconds. */
  from?: number | undefined;
  /** Before. */
  to?: number | undefined;
  /** Only older entries than the one with this number. */
  before?: number | undefined;
  limit: number;
}>;

export type AuditPage = Readonly<{
  entries: readonly AuditEntryRow[];
  /** Pass it as `before` to go on; null at the end of the log. */
  nextBefore: number | null;
  /** True if the search stopped before it had found a full page. */
  stoppedEarly: boolean;
}>;

/** With a filter; takes up to 6 ms if they lie far apart, as one user's do among others'. */
const MOST_READ = 1_000;

type Names = { username: string | null; key_name: string | null; webhook_name: string | null };

export function createAuditSearch(db: Database): (wanted: WantedEntries) => AuditPage {
  return (wanted) => {
    const { readerId, before = Number.MAX_SAFE_INTEGER, limit, ...filter } = wanted;
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    // One more tells whether there are any behind.
    const mostRead = isFiltered ? MOST_READ : limit + 1;
    // Two index scans, which SQLite merges; one scan of everything would read other users' entries for nothing.
    const numbers =
      readerId === null
        ? "SELECT number FROM audit_log WHERE number < $before"
        : `SELECT number FROM audit_log WHERE owner_id = $reader AND number < $before
           UNION SELECT number FROM audit_log WHERE user_id = $reader AND number < $before`;
    const read = db
      .query<{ number: number; matches: number }, [Record<string, string | number | null>]>(
        `SELECT number, (${CONDITIONS}) AS matches
         FROM audit_log WHERE number IN (${numbers} ORDER BY number DESC LIMIT ${mostRead})
         ORDER BY number DESC`,
      )
      .all({
        before,
        reader: readerId,
        user: wanted.userId ?? null,
        via: wanted.via ?? null,
        action: wanted.action ?? null,
        outcome: wanted.outcome ?? null,
        object: wanted.objectId ?? null,
        from: wanted.from ?? null,
        to: wanted.to ?? null,
      });
    const found = read.filter(({ matches }) => matches === 1);
    const shown = found.slice(0, limit);
    const isFull = found.length > limit;
    const isAtEnd = !isFull && read.length < mostRead;
    const last = isFull ? shown.at(-1) : read.at(-1);
    return {
      entries: shown.map(({ number }) => getEntry(db, number)),
      nextBefore: isAtEnd ? null : (last?.number ?? null),
      stoppedEarly: !isAtEnd && !isFull,
    };
  };
}

const CONDITIONS = `($user IS NULL OR user_id IS $user)
  AND ($via IS NULL OR via = $via)
  AND ($action IS NULL OR action = $action OR substr(action, 1, length($action) + 1) = $action || '.')
  AND ($outcome IS NULL OR outcome = $outcome)
  AND ($object IS NULL OR object_id IS $object OR webhook_id IS $object)
  AND ($from IS NULL OR at >= $from)
  AND ($to IS NULL OR at < $to)`;

function getEntry(db: Database, number: number): AuditEntryRow {
  // Whoever is refused may have guessed the webhook's id, and does not learn its name.
  const row = db
    .query<Names, [number]>(
      `SELECT a.*, u.username, k.name AS key_name, w.name AS webhook_name
       FROM audit_log a
         LEFT JOIN users u ON u.id = a.user_id
         LEFT JOIN api_keys k ON k.id = a.key_id
         LEFT JOIN webhooks w ON w.id = a.webhook_id AND a.outcome = 'done'
       WHERE a.number = ?`,
    )
    .get(number);
  if (!row) throw new Error(`the audit log lost its entry ${number} while it was read`);
  return {
    ...readAuditRow(row),
    username: row.username,
    keyName: row.key_name,
    webhookName: row.webhook_name,
  };
}
