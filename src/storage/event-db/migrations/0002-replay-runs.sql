-- Replays of many events: what was asked for, and how far each came. Its cursor moves in the transaction that makes
-- the deliveries due, so that a crash repeats and skips none. Few rows: they need no index.
CREATE TABLE replay_runs (
  id                 TEXT PRIMARY KEY NOT NULL,  -- UUIDv7: sorts by when it was asked for
  state              TEXT NOT NULL CHECK (state IN ('counting', 'running', 'paused', 'done', 'cancelled')),
  selection          TEXT NOT NULL,     -- JSON: a filter, or the events' ids
  target_id          TEXT,              -- NULL: the targets that each event already went to
  only_missing       INTEGER NOT NULL,  -- 1: only events that the target never had
  cursor             TEXT NOT NULL,     -- the last event that was looked at
  last_event_id      TEXT NOT NULL,     -- the newest event when it was asked for; later ones are no part of it
  matched_events     INTEGER,           -- NULL until counted
  matched_deliveries INTEGER,
  is_count_exact     INTEGER NOT NULL DEFAULT 0,
  replayed           INTEGER NOT NULL DEFAULT 0,  -- deliveries made due
  skipped            INTEGER NOT NULL DEFAULT 0,  -- deliveries whose target was deleted
  reason             TEXT,              -- why it was cancelled, where nobody asked for that
  asked_by           TEXT NOT NULL,     -- a user's id
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
