-- Whom to tell of a webhook's troubles, and of which; JSON, null for nobody.
ALTER TABLE webhooks ADD COLUMN notices TEXT;

-- Troubles that go on. Each is told once when it begins and once when it is over, over restarts too.
CREATE TABLE troubles (
  subject_id TEXT NOT NULL,  -- a target's or an entrypoint's id
  kind TEXT NOT NULL,
  webhook_id TEXT NOT NULL REFERENCES webhooks (id),
  since INTEGER NOT NULL,
  PRIMARY KEY (subject_id, kind)
) STRICT, WITHOUT ROWID;

-- Notices on their way; gone once they have arrived or are given up.
CREATE TABLE notices (
  id TEXT PRIMARY KEY NOT NULL,   -- UUIDv7
  webhook_id TEXT NOT NULL REFERENCES webhooks (id),
  channel TEXT NOT NULL CHECK (channel IN ('target', 'email')),
  kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  is_over INTEGER NOT NULL CHECK (is_over IN (0, 1)),
  since INTEGER NOT NULL,
  detail TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL
) STRICT;
