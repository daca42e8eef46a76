-- Counts of each target's attempts by hour. Those of its last hour are in the row of its tallies, which each attempt
-- changes anyway; they move here with the first attempt in another hour.
CREATE TABLE target_hours (
  target_id TEXT NOT NULL,
  hour      INTEGER NOT NULL,  -- its start
  counts    BLOB NOT NULL,     -- by outcome, answer and duration
  PRIMARY KEY (target_id, hour)
) STRICT, WITHOUT ROWID;

ALTER TABLE target_tallies ADD COLUMN hour INTEGER;
ALTER TABLE target_tallies ADD COLUMN hour_counts BLOB;
