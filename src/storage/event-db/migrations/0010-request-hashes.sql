-- A key alone does not say that a request is a copy: one key may have several events, each another request. Rows from
-- before have an empty hash, which is filled in when a request with their key comes.
CREATE TABLE hashed_dedup_keys (
  entrypoint_id TEXT NOT NULL,
  dedup_key     TEXT NOT NULL,
  request_hash  BLOB NOT NULL,               -- SHA-256 of method, path, query and body, as they are stored
  event_id      TEXT NOT NULL,
  duplicates    INTEGER NOT NULL DEFAULT 0,  -- copies that came later
  differing     INTEGER NOT NULL DEFAULT 0,  -- those of them that were another request, and were dropped all the same
  PRIMARY KEY (entrypoint_id, dedup_key, request_hash)
) STRICT, WITHOUT ROWID;
INSERT INTO hashed_dedup_keys SELECT entrypoint_id, dedup_key, x'', event_id, duplicates, differing FROM dedup_keys;
DROP TABLE dedup_keys;
ALTER TABLE hashed_dedup_keys RENAME TO dedup_keys;
-- Afterwards, as an index of rows that are there is sorted, and not written row by row.
CREATE UNIQUE INDEX dedup_keys_by_event ON dedup_keys (event_id);
-- The first event of a key, however many others have it.
CREATE INDEX dedup_events_by_key ON dedup_keys (entrypoint_id, dedup_key, event_id);
