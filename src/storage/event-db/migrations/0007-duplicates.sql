-- What makes copies of an event recognizable, where its entrypoint looks for them: one event for each key, for as long
-- as that is kept. A table of its own, so that events without a key cost nothing.
CREATE TABLE dedup_keys (
  entrypoint_id TEXT NOT NULL,
  dedup_key     TEXT NOT NULL,
  event_id      TEXT NOT NULL UNIQUE,
  duplicates    INTEGER NOT NULL DEFAULT 0,  -- copies that came later
  differing     INTEGER NOT NULL DEFAULT 0,  -- those of them that have another body
  PRIMARY KEY (entrypoint_id, dedup_key)
) STRICT, WITHOUT ROWID;

-- The last copies of each event.
CREATE TABLE event_duplicates (
  event_id       TEXT NOT NULL,
  number         INTEGER NOT NULL,  -- 1 for the first copy
  received_at    INTEGER NOT NULL,
  remote_address TEXT NOT NULL,
  body_size      INTEGER NOT NULL,
  body_differs   INTEGER NOT NULL CHECK (body_differs IN (0, 1)),
  PRIMARY KEY (event_id, number)
) STRICT, WITHOUT ROWID;
