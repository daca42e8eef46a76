-- One webhook's events, what became of each per target, and every try.
CREATE TABLE events (
  id             TEXT PRIMARY KEY NOT NULL,  -- UUIDv7: sorts by receive time
  entrypoint_id  TEXT NOT NULL,
  received_at    INTEGER NOT NULL,           -- milliseconds UTC, like every time here
  method         TEXT NOT NULL,
  path_tail      TEXT NOT NULL,
  query          TEXT NOT NULL,
  headers        TEXT NOT NULL,              -- JSON array of [name, value]
  content_type   TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  body_size      INTEGER NOT NULL,
  body           BLOB NOT NULL
) STRICT;

-- Keyed by event and target, without a rowid: an id of its own with an index halves the ingest rate.
CREATE TABLE deliveries (
  event_id           TEXT NOT NULL,
  target_id          TEXT NOT NULL,
  id                 TEXT NOT NULL,
  status             TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'held', 'discarded')),
  attempts           INTEGER NOT NULL DEFAULT 0,  -- all tries ever made
  replays            INTEGER NOT NULL DEFAULT 0,  -- how often a person asked for it again
  attempts_at_replay INTEGER NOT NULL DEFAULT 0,  -- tries made before the last replay: not counted against max_attempts
  next_attempt_at    INTEGER,                     -- set while pending
  reason             TEXT,                        -- why it failed or was discarded
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  PRIMARY KEY (event_id, target_id)
) STRICT, WITHOUT ROWID;

-- The only index on the hot path: what is due, per target, oldest first.
CREATE INDEX deliveries_due ON deliveries (target_id, next_attempt_at) WHERE status = 'pending';

CREATE TABLE delivery_results (
  event_id                TEXT NOT NULL,
  target_id               TEXT NOT NULL,
  attempt                 INTEGER NOT NULL,
  id                      TEXT NOT NULL,
  started_at              INTEGER NOT NULL,
  duration_ms             INTEGER NOT NULL,
  status_code             INTEGER,
  error                   TEXT,
  response_headers        TEXT,                   -- JSON array of [name, value]
  response_body           BLOB,                   -- at most 64 KiB
  response_body_truncated INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (event_id, target_id, attempt)
) STRICT, WITHOUT ROWID;

-- What the dashboard's lists show, kept by the transactions that change it: counting rows takes too long.
CREATE TABLE hourly_tallies (
  hour      INTEGER PRIMARY KEY NOT NULL,  -- its start
  received  INTEGER NOT NULL,
  bytes     INTEGER NOT NULL,              -- of the bodies received
  delivered INTEGER NOT NULL,              -- tries that succeeded
  failed    INTEGER NOT NULL               -- tries that failed
) STRICT;

CREATE TABLE entrypoint_tallies (
  entrypoint_id TEXT PRIMARY KEY NOT NULL,
  events        INTEGER NOT NULL,            -- stored now
  deleted       INTEGER NOT NULL DEFAULT 0,  -- by the retention; with those stored, all ever received
  last_event_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The ledger: created = pending + delivered + failed + held + discarded + deleted. And the last try's result.
CREATE TABLE target_tallies (
  target_id        TEXT PRIMARY KEY NOT NULL,
  created          INTEGER NOT NULL,  -- deliveries ever made
  deleted          INTEGER NOT NULL,  -- with their events, by the retention
  pending          INTEGER NOT NULL,
  delivered        INTEGER NOT NULL,
  failed           INTEGER NOT NULL,
  held             INTEGER NOT NULL,
  discarded        INTEGER NOT NULL,
  last_result_at   INTEGER,
  last_delivered   INTEGER,
  last_status_code INTEGER,
  last_error       TEXT
) STRICT, WITHOUT ROWID;

-- Finds events by the fate that people look for; costs nothing while deliveries succeed.
-- ORs, not IN: SQLite does not see that one state implies a list of them.
CREATE INDEX deliveries_troubled ON deliveries (status, event_id)
  WHERE status = 'failed' OR status = 'held' OR status = 'discarded';
