-- The hours in which an entrypoint received anything, for five weeks: its rhythm. One row an hour, whatever comes.
CREATE TABLE entrypoint_hours (
  entrypoint_id TEXT NOT NULL,
  hour          INTEGER NOT NULL,  -- its start
  PRIMARY KEY (entrypoint_id, hour)
) STRICT, WITHOUT ROWID;

-- What is known of before, where it can be told whose it was.
INSERT INTO entrypoint_hours
  SELECT (SELECT entrypoint_id FROM entrypoint_tallies), hour FROM hourly_tallies
    WHERE received > 0 AND (SELECT count(*) FROM entrypoint_tallies) = 1;
