-- By what files of configuration name objects, and whether such a file manages an object.
ALTER TABLE webhooks ADD COLUMN key TEXT;
ALTER TABLE webhooks ADD COLUMN managed_by TEXT CHECK (managed_by IN ('file'));
ALTER TABLE entrypoints ADD COLUMN key TEXT;
ALTER TABLE entrypoints ADD COLUMN managed_by TEXT CHECK (managed_by IN ('file'));
ALTER TABLE targets ADD COLUMN key TEXT;
ALTER TABLE targets ADD COLUMN managed_by TEXT CHECK (managed_by IN ('file'));

CREATE UNIQUE INDEX webhooks_by_key ON webhooks (user_id, key) WHERE key IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX entrypoints_by_key ON entrypoints (webhook_id, key)
  WHERE key IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX targets_by_key ON targets (webhook_id, key) WHERE key IS NOT NULL AND deleted_at IS NULL;

-- Counts the changes of what a user owns, so that a plan is not carried out on other objects than it was made for.
CREATE TABLE config_revisions (
  user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER webhook_made AFTER INSERT ON webhooks BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER webhook_changed AFTER UPDATE ON webhooks BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
-- The next owner has files of their own.
CREATE TRIGGER webhook_given AFTER UPDATE OF user_id ON webhooks WHEN new.user_id <> old.user_id BEGIN
  INSERT INTO config_revisions VALUES (old.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
  UPDATE entrypoints SET managed_by = NULL WHERE webhook_id = new.id;
  UPDATE targets SET managed_by = NULL WHERE webhook_id = new.id;
END;

CREATE TRIGGER entrypoint_made AFTER INSERT ON entrypoints BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER entrypoint_changed AFTER UPDATE ON entrypoints BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER target_made AFTER INSERT ON targets BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER target_changed AFTER UPDATE ON targets BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER member_made AFTER INSERT ON members BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER member_changed AFTER UPDATE ON members BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER member_gone AFTER DELETE ON members BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = old.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
