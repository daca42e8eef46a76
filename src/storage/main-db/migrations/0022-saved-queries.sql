-- SQL that a user gave a name, for a webhook's events.
CREATE TABLE saved_queries (
  id         TEXT PRIMARY KEY NOT NULL,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  sql        TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (user_id, webhook_id, name)
) STRICT;

-- Deleted webhooks keep their rows for a while; what somebody looked for in them goes at once.
CREATE TRIGGER saved_queries_of_deleted AFTER UPDATE OF deleted_at ON webhooks WHEN new.deleted_at IS NOT NULL
BEGIN
  DELETE FROM saved_queries WHERE webhook_id = new.id;
END;
