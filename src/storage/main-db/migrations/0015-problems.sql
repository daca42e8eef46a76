-- Problems of webhooks, those that are over too, for a while. Each is recorded once, over restarts too.
CREATE TABLE problems (
  id TEXT PRIMARY KEY NOT NULL,         -- UUIDv7
  webhook_id TEXT NOT NULL REFERENCES webhooks (id),
  kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,             -- a target's or an entrypoint's id
  subject_name TEXT NOT NULL,           -- as it was when the problem began
  since INTEGER NOT NULL,
  detail TEXT NOT NULL,
  is_told INTEGER NOT NULL CHECK (is_told IN (0, 1)),  -- a notice of its begin was made
  over_at INTEGER,
  acknowledged_at INTEGER,
  acknowledged_by TEXT,
  note TEXT
) STRICT;
CREATE UNIQUE INDEX problems_open ON problems (subject_id, kind) WHERE over_at IS NULL;
CREATE INDEX problems_over ON problems (over_at) WHERE over_at IS NOT NULL;
CREATE INDEX problems_by_webhook ON problems (webhook_id, id);

INSERT INTO problems (id, webhook_id, kind, subject_id, subject_name, since, detail, is_told)
  SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(h, 13, 3) || '-8' || substr(h, 16, 3) || '-' || substr(h, 19, 12),
    webhook_id, kind, subject_id, name, since, '', 1
  FROM (SELECT printf('%012x', t.since) || lower(hex(randomblob(9))) AS h, t.*,
      coalesce((SELECT name FROM targets WHERE id = t.subject_id), (SELECT name FROM entrypoints WHERE id = t.subject_id), '') AS name
    FROM troubles t);
DROP TABLE troubles;

-- Refused requests of the last day, by entrypoint, hour and reason.
CREATE TABLE refusals (
  entrypoint_id TEXT NOT NULL,
  hour INTEGER NOT NULL,                -- its start
  reason TEXT NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (entrypoint_id, hour, reason)
) STRICT, WITHOUT ROWID;
