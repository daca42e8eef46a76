/** Fills an event file by the database alone while no gateway runs: ten million events take minutes, not an hour. */
import type { Database } from "bun:sqlite";
import { EventFile } from "../../src/storage/event-db/event-file.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Within the retention, which would delete older events. */
const DAYS = 20;
/** One event in this many is PUT, has failed, or is still pending far longer than the measurement takes. */
const PUT_ONE_OF = 200;
const FAILED_ONE_OF = 500;
const PENDING_ONE_OF = 40;
const GROUP = 100_000;

type Filling = Readonly<{
  path: string;
  webhookId: string;
  entrypointId: string;
  targetIds: readonly [string, string];
  events: number;
}>;

/** Fills the file and returns the id of the event in the middle. */
export function fillEventFile(filling: Filling, progress: (done: number) => void): string {
  const { path, webhookId, events } = filling;
  const file = new EventFile(webhookId, path, { sync: async () => undefined, keepsWals: false });
  const { db } = file;
  db.run("PRAGMA journal_mode = OFF");
  db.run("PRAGMA synchronous = OFF");
  db.run("PRAGMA cache_size = -200000");
  makeGiven(db, filling);
  for (let begin = 0; begin < events; begin += GROUP) {
    const range = [begin, Math.min(begin + GROUP, events)];
    db.transaction(() => {
      for (const sql of FILL) db.query(sql).run(...range);
    })();
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    progress(begin);
  }
  const middle = db.query<{ id: string }, [number]>("SELECT id FROM events WHERE rowid > ? LIMIT 1");
  const id = middle.get(Math.floor(events / 2))?.id ?? "";
  db.run("PRAGMA journal_mode = WAL");
  file.close();
  return id;
}

function makeGiven(db: Database, { entrypointId, targetIds, events }: Filling): void {
  db.run(`CREATE TEMP TABLE given (entrypoint_id TEXT, now INTEGER, begin INTEGER, step REAL);
    CREATE TEMP TABLE goals (target_id TEXT, place INTEGER)`);
  const now = Date.now();
  const length = DAYS * DAY_MS;
  db.query("INSERT INTO given VALUES (?, ?, ?, ?)").run(entrypointId, now, now - length, length / events);
  for (const [place, id] of targetIds.entries()) db.query("INSERT INTO goals VALUES (?, ?)").run(id, place);
}

/** SQL for a UUIDv7 of a time. */
const idOf = (at: string) => `printf('%08x-%04x-7%03x-%04x-%012x', ${at} >> 16, ${at} & 65535,
  random() & 4095, 32768 | (random() & 16383), random() & 281474976710655)`;

const BODY = `'{"action":"opened","number":' || n || ',"repository":{"id":4711,"full_name":"octo-org/hello-world"},' ||
  '"sender":"user-' || (n % 977) || '","head":"' || hex(randomblob(30)) || '","note":"' ||
  iif(n % 50000 = 0, 'a needle in the haystack', 'nothing to be seen here') || '"}'`;

/** An event's number is its rowid; the first target has all that failed or waits. */
const IS_FAILED = `(g.place = 0 AND e.rowid % ${FAILED_ONE_OF} = 7)`;
const IS_PENDING = `(g.place = 0 AND e.rowid % ${PENDING_ONE_OF} = 3)`;
const DELIVERIES = "events e CROSS JOIN goals g CROSS JOIN given WHERE e.rowid > ?1 AND e.rowid <= ?2";

/** Each statement adds rows for the events after ?1 up to ?2, as the gateway's own writes would. */
const FILL = [
  `INSERT INTO events (rowid, id, entrypoint_id, received_at, method, path_tail, query, headers, content_type,
      remote_address, body_size, body, type)
    WITH RECURSIVE numbers (n) AS (SELECT ?1 + 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2),
      timed AS MATERIALIZED (SELECT n, CAST(begin + n * step AS INTEGER) - 1 AS at, entrypoint_id FROM numbers, given),
      bodies AS MATERIALIZED (SELECT *, CAST(${BODY} AS BLOB) AS body FROM timed)
    SELECT n, ${idOf("at")}, entrypoint_id, at, iif(n % ${PUT_ONE_OF} = 0, 'PUT', 'POST'), '', '',
      '[["content-type","application/json"],["user-agent","GitHub-Hookshot/1234567"]]', 'application/json',
      '192.0.2.7', length(body), body, iif(n % 10 = 0, 'order.paid', 'order') FROM bodies`,
  `INSERT INTO deliveries (event_id, target_id, id, status, attempts, next_attempt_at, reason, created_at, updated_at)
    SELECT e.id, g.target_id, ${idOf("e.received_at")},
      CASE WHEN ${IS_FAILED} THEN 'failed' WHEN ${IS_PENDING} THEN 'pending' ELSE 'delivered' END, 1,
      iif(${IS_PENDING}, now + ${DAY_MS}, NULL), iif(${IS_FAILED}, '12 attempts failed.', NULL),
      e.received_at, e.received_at + 15 FROM ${DELIVERIES}`,
  `INSERT INTO delivery_results (event_id, target_id, attempt, id, started_at, duration_ms, status_code, error,
      response_headers, response_body)
    SELECT e.id, g.target_id, 1, ${idOf("e.received_at")}, e.received_at + 3, 12,
      iif(${IS_FAILED} OR ${IS_PENDING}, 503, 200),
      iif(${IS_FAILED} OR ${IS_PENDING}, 'The target answered 503.', NULL),
      '[["content-type","text/plain"]]', CAST('ok' AS BLOB) FROM ${DELIVERIES}`,
  `INSERT INTO counted_entrypoints (entrypoint_id, events, last_event_at)
    SELECT entrypoint_id, count(*), max(received_at) FROM events e WHERE rowid > ?1 AND rowid <= ?2 GROUP BY 1
    ON CONFLICT DO UPDATE SET events = events + excluded.events, last_event_at = excluded.last_event_at`,
  `INSERT OR IGNORE INTO entrypoint_hours
    SELECT entrypoint_id, received_at - received_at % ${HOUR_MS} FROM events WHERE rowid > ?1 AND rowid <= ?2 GROUP BY 1, 2`,
  `INSERT INTO counted_hours
    SELECT e.received_at - e.received_at % ${HOUR_MS}, sum(g.place = 0), total(iif(g.place = 0, e.body_size, 0)),
      sum(NOT (${IS_FAILED} OR ${IS_PENDING})), sum(${IS_FAILED} OR ${IS_PENDING}) FROM ${DELIVERIES} GROUP BY 1
    ON CONFLICT DO UPDATE SET received = received + excluded.received, bytes = bytes + excluded.bytes,
      delivered = delivered + excluded.delivered, failed = failed + excluded.failed`,
  `INSERT INTO target_tallies (target_id, created, deleted, pending, delivered, failed, held, discarded,
      last_result_at, last_delivered, last_status_code, last_error)
    SELECT g.target_id, count(*), 0, sum(${IS_PENDING} AND NOT ${IS_FAILED}),
      sum(NOT (${IS_FAILED} OR ${IS_PENDING})), sum(${IS_FAILED}), 0, 0, max(e.received_at) + 15, 1, 200, NULL
      FROM ${DELIVERIES} GROUP BY 1
    ON CONFLICT DO UPDATE SET created = created + excluded.created, pending = pending + excluded.pending,
      delivered = delivered + excluded.delivered, failed = failed + excluded.failed,
      last_result_at = excluded.last_result_at`,
  "INSERT OR REPLACE INTO last_counted_event SELECT 1, id FROM events WHERE rowid > ?1 AND rowid = ?2",
];
