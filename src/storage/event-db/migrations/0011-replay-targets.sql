-- How far each target of a replay came, so that one that is paused or down holds back no other. A replay from before
-- has no rows here yet: its targets begin at its own cursor, which now is where targets are looked for.
CREATE TABLE replay_targets (
  run_id    TEXT NOT NULL,
  target_id TEXT NOT NULL,
  state     TEXT NOT NULL CHECK (state IN ('running', 'done', 'removed')),
  cursor    TEXT NOT NULL,              -- the last event that was looked at for it
  matched   INTEGER,                    -- its deliveries when the replay was counted; NULL: not known
  replayed  INTEGER NOT NULL DEFAULT 0, -- deliveries made due
  skipped   INTEGER NOT NULL DEFAULT 0, -- deliveries left out because it was deleted
  PRIMARY KEY (run_id, target_id)
) STRICT, WITHOUT ROWID;

-- Events of which it cannot be said whether they have the text, when the replay was counted; they are left out.
ALTER TABLE replay_runs ADD COLUMN not_searched INTEGER NOT NULL DEFAULT 0;
