-- Requests that could not be verified, kept for a while so that a wrong secret loses nothing. No events: nothing is
-- delivered of them before they are released. Few for each entrypoint, the oldest go first.
CREATE TABLE rejected_requests (
  id             TEXT PRIMARY KEY NOT NULL,  -- UUIDv7: sorts by receive time
  entrypoint_id  TEXT NOT NULL,
  received_at    INTEGER NOT NULL,
  method         TEXT NOT NULL,
  path_tail      TEXT NOT NULL,
  query          TEXT NOT NULL,
  headers        TEXT NOT NULL,              -- JSON array of [name, value]
  content_type   TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  reason         TEXT NOT NULL,
  size           INTEGER NOT NULL,           -- of body, headers and URL, as it counts for the limit
  body_size      INTEGER NOT NULL,
  body           BLOB NOT NULL
) STRICT;
CREATE INDEX rejected_by_entrypoint ON rejected_requests (entrypoint_id, id);

CREATE TABLE rejected_tallies (
  entrypoint_id TEXT PRIMARY KEY NOT NULL,
  requests      INTEGER NOT NULL,  -- stored now
  bytes         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When events that were rejected at first had come.
CREATE TABLE released_events (
  event_id          TEXT PRIMARY KEY NOT NULL,
  first_received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
