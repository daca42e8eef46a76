-- Who may use a webhook beside its owner, which is still in webhooks.user_id.
CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE team_users (
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id),
  PRIMARY KEY (team_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_users_by_user ON team_users (user_id);

CREATE TABLE members (
  id TEXT PRIMARY KEY,
  webhook_id TEXT NOT NULL REFERENCES webhooks (id),
  user_id TEXT REFERENCES users (id),
  team_id TEXT REFERENCES teams (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'replayer', 'editor', 'owner')),
  created_at INTEGER NOT NULL,
  CHECK ((user_id IS NULL) <> (team_id IS NULL)),
  UNIQUE (webhook_id, user_id),
  UNIQUE (webhook_id, team_id)
) STRICT;
CREATE INDEX members_by_user ON members (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX members_by_team ON members (team_id) WHERE team_id IS NOT NULL;
