-- Finds events by the values of a webhook's indexed fields. An entry is a hash of place and value, and the first 64 bits
-- of the event's id (VACUUM gives rows new numbers). Different events may share an entry: who finds one reads the event.
CREATE TABLE event_fields (
  hash  INTEGER NOT NULL,
  event INTEGER NOT NULL,
  PRIMARY KEY (hash, event)
) STRICT, WITHOUT ROWID;

-- Entries are written behind ingest, in the order in which events were written.
CREATE TABLE field_index (
  one           INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
  places        TEXT NOT NULL,  -- JSON list of the places that entries are of; empty while old entries are deleted
  last_event_id TEXT NOT NULL   -- the last event with entries; "" before the first
) STRICT;
INSERT INTO field_index VALUES (1, '[]', '');
