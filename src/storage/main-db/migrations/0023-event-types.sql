-- The event types that an owner of webhooks describes, and whether what is published must fit them.
CREATE TABLE event_types (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  schema TEXT,
  example TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (user_id, name)
) STRICT;

CREATE TABLE event_type_checks (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  publish_check TEXT NOT NULL CHECK (publish_check IN ('off', 'types', 'schemas'))
) STRICT, WITHOUT ROWID;
