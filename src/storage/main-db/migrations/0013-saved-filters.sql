-- Filters of a webhook's log that a user gave a name.
CREATE TABLE saved_filters (
  id         TEXT PRIMARY KEY NOT NULL,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  query      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (user_id, webhook_id, name)
) STRICT;

-- Deleted webhooks keep their rows for a while; what somebody looked for in them goes at once.
CREATE TRIGGER saved_filters_of_deleted AFTER UPDATE OF deleted_at ON webhooks WHEN new.deleted_at IS NOT NULL
BEGIN
  DELETE FROM saved_filters WHERE webhook_id = new.id;
END;
