-- Up to where the entries of a cluster's log are applied to this file; no row on a single machine.
CREATE TABLE log_position (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- The log: positions in another one mean nothing in this.
  born TEXT NOT NULL,
  position INTEGER NOT NULL,
  -- Which of the record's entries was the last one.
  entry INTEGER NOT NULL
) STRICT;
