-- Events are added to the tallies many at a time: for one that comes alone, a page of each tally was a third of all that
-- is written for it. What came after the last counted event is counted by who asks, so that the tallies are always right.
CREATE TABLE counted_hours (
  hour      INTEGER PRIMARY KEY NOT NULL,  -- its start
  received  INTEGER NOT NULL,
  bytes     INTEGER NOT NULL,              -- of the bodies received
  delivered INTEGER NOT NULL,              -- tries that succeeded
  failed    INTEGER NOT NULL               -- tries that failed
) STRICT;
INSERT INTO counted_hours SELECT hour, received, bytes, delivered, failed FROM hourly_tallies;
DROP TABLE hourly_tallies;

CREATE TABLE counted_entrypoints (
  entrypoint_id TEXT PRIMARY KEY NOT NULL,
  events        INTEGER NOT NULL,            -- stored now
  deleted       INTEGER NOT NULL DEFAULT 0,  -- by the retention; with those stored, all ever received
  last_event_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counted_entrypoints SELECT entrypoint_id, events, deleted, last_event_at FROM entrypoint_tallies;
DROP TABLE entrypoint_tallies;

-- By its id: VACUUM gives rows new numbers, and keeps only their order.
CREATE TABLE last_counted_event (
  one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
  id  TEXT NOT NULL
) STRICT;
INSERT INTO last_counted_event SELECT 1, id FROM events ORDER BY rowid DESC LIMIT 1;

-- Rows are numbered in the order in which they were written, which need not be that of their ids.
CREATE VIEW uncounted_events AS
  SELECT entrypoint_id, received_at, body_size FROM events
    WHERE rowid > coalesce((SELECT e.rowid FROM last_counted_event l JOIN events e ON e.id = l.id), 0);

-- An hour may have several rows: grouped here, all hours would be read where somebody asks for a few.
CREATE VIEW hourly_tallies AS
  SELECT hour, received, bytes, delivered, failed FROM counted_hours
  UNION ALL SELECT received_at - received_at % 3600000, 1, body_size, 0, 0 FROM uncounted_events;

CREATE VIEW entrypoint_tallies AS
  SELECT entrypoint_id, sum(events) AS events, sum(deleted) AS deleted, max(last_event_at) AS last_event_at
    FROM (
      SELECT entrypoint_id, events, deleted, last_event_at FROM counted_entrypoints
      UNION ALL SELECT entrypoint_id, 1, 0, received_at FROM uncounted_events
    ) GROUP BY entrypoint_id;
