-- The e-mail address of a user who has proved to read it.
CREATE TABLE user_emails (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  email TEXT NOT NULL COLLATE NOCASE,
  confirmed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX user_emails_by_email ON user_emails (email);

-- Links that set a password or confirm an e-mail address, each once.
CREATE TABLE one_time_links (
  token_hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('password', 'email')),
  user_id TEXT NOT NULL REFERENCES users (id),
  email TEXT,                 -- to be confirmed
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_links_by_user ON one_time_links (user_id, purpose);

-- People who may create an account, or accept with their own, each once.
CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  email TEXT,
  name TEXT,
  role TEXT NOT NULL CHECK (role IN ('admin', 'user')),
  webhook_id TEXT REFERENCES webhooks (id),
  webhook_role TEXT CHECK (webhook_role IN ('viewer', 'replayer', 'editor', 'owner')),
  team_id TEXT REFERENCES teams (id) ON DELETE CASCADE,
  invited_by TEXT NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  mailed_at INTEGER,          -- null: the link was shown to whoever invited
  CHECK ((webhook_id IS NULL) = (webhook_role IS NULL))
) STRICT;
CREATE INDEX invitations_by_webhook ON invitations (webhook_id);
CREATE INDEX invitations_by_team ON invitations (team_id) WHERE team_id IS NOT NULL;
