/** Statements to begin with, as links above the form. */

export type Example = Readonly<{ slug: string; label: string; sql: string }>;

export const EXAMPLES: readonly Example[] = [
  {
    slug: "newest",
    label: "Newest events",
    sql: `SELECT id, datetime(received_at / 1000, 'unixepoch') AS received, type, body_size
FROM events
ORDER BY id DESC
LIMIT 50`,
  },
  {
    slug: "types",
    label: "Events by type",
    sql: `SELECT type, count(*) AS events, sum(body_size) AS bytes
FROM events
GROUP BY type
ORDER BY events DESC`,
  },
  {
    slug: "hours",
    label: "Events by hour",
    sql: `SELECT strftime('%Y-%m-%d %H:00', received_at / 1000, 'unixepoch') AS hour, count(*) AS events
FROM events
GROUP BY hour
ORDER BY hour DESC`,
  },
  {
    slug: "header",
    label: "By a header",
    sql: `SELECT header(headers, 'User-Agent') AS sender, count(*) AS events
FROM events
GROUP BY sender
ORDER BY events DESC`,
  },
  {
    slug: "value",
    label: "By a value of the body",
    sql: `WITH found AS MATERIALIZED (
  SELECT json ->> '$.customer' AS customer FROM events
)
SELECT customer, count(*) AS events
FROM found
GROUP BY customer
ORDER BY events DESC`,
  },
  {
    slug: "failed",
    label: "Failed deliveries",
    sql: `SELECT event_id, targets.name AS target, attempts, reason
FROM deliveries
LEFT JOIN targets ON targets.id = target_id
WHERE status = 'failed'
ORDER BY event_id DESC`,
  },
  {
    slug: "responses",
    label: "Responses by status",
    sql: `SELECT targets.name AS target, status_code, count(*) AS attempts, max(duration_ms) AS slowest_ms
FROM results
LEFT JOIN targets ON targets.id = target_id
GROUP BY target_id, status_code
ORDER BY attempts DESC`,
  },
];
