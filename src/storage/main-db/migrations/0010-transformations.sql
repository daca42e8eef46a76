-- Which version of its code a target uses; null where requests go out as they came.
ALTER TABLE targets ADD COLUMN transformation_version INTEGER;

-- Every version stays, so that what an attempt sent can be computed again.
CREATE TABLE transformation_versions (
  target_id TEXT NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  version INTEGER NOT NULL CHECK (version >= 1),
  code TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (target_id, version)
) STRICT, WITHOUT ROWID;
