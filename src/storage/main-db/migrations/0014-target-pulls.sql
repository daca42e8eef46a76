-- When each pull target was pulled last (null: never), and since when nobody has pulled from it while it was active.
-- Beside the targets, because it changes all the time and is no setting: exports leave it out.
CREATE TABLE target_pulls (
  target_id TEXT NOT NULL PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
  last_pull_at INTEGER,
  idle_since INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX pull_targets ON targets (id) WHERE type = 'pull';
