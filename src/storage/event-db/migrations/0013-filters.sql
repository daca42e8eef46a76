-- Which filters of targets kept events from them. An event names them by number, as a target's id would take as much
-- room again for each. A filter that changes gets a new number, so that an event says by which one it was judged.
CREATE TABLE target_filters (
  number      INTEGER PRIMARY KEY NOT NULL,
  target_id   TEXT NOT NULL,
  fingerprint TEXT NOT NULL,           -- another one for other event types or another filter
  UNIQUE (target_id, fingerprint)
) STRICT;

ALTER TABLE events ADD COLUMN filtered TEXT; -- JSON list of filters that said no; NULL: none
ALTER TABLE events ADD COLUMN unjudged TEXT; -- JSON list of filters that could not judge it; those targets got it

-- With `created`, all events received while the target was active.
ALTER TABLE target_tallies ADD COLUMN filtered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE target_tallies ADD COLUMN filtered_deleted INTEGER NOT NULL DEFAULT 0; -- of these, deleted by the retention
