-- Links by which a webhook's owner lets a customer manage its targets: opened once, then a session.
CREATE TABLE portal_links (
  id TEXT PRIMARY KEY,
  webhook_id TEXT NOT NULL REFERENCES webhooks (id),
  created_by TEXT NOT NULL REFERENCES users (id),
  target_types TEXT NOT NULL,  -- JSON array
  token_hash TEXT NOT NULL UNIQUE,
  session_hash TEXT UNIQUE,    -- NULL until it is opened
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX portal_links_by_webhook ON portal_links (webhook_id);

-- How the portals of an owner's webhooks look, and which page may frame them.
CREATE TABLE portal_settings (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  origin TEXT,
  name TEXT,
  colour TEXT,
  logo TEXT
) STRICT, WITHOUT ROWID;
