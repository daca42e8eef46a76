-- What a node of a cluster knows of the log: one row, none while this database is part of no cluster.
CREATE TABLE cluster_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  born TEXT NOT NULL,                  -- identity of the log
  position INTEGER NOT NULL,           -- of the last entry that is applied here
  synced_position INTEGER NOT NULL,    -- reading begins behind it at the next start
  role TEXT NOT NULL CHECK (role IN ('leading', 'following', 'applying'))  -- 'applying' within a transaction only
) STRICT;

-- Changed rows that are not in the log yet. Written by triggers that a database has while it is part of a cluster.
CREATE TABLE cluster_outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  table_name TEXT NOT NULL,
  op TEXT NOT NULL CHECK (op IN ('put', 'gone')),
  content TEXT NOT NULL                -- JSON: the row, or the key of a row that is gone
) STRICT;

-- A row is recognised in another copy by its primary key.
CREATE TABLE new_secret_key_check (id INTEGER PRIMARY KEY CHECK (id = 1), sealed TEXT NOT NULL) STRICT;
INSERT INTO new_secret_key_check SELECT 1, sealed FROM secret_key_check LIMIT 1;
DROP TABLE secret_key_check;
ALTER TABLE new_secret_key_check RENAME TO secret_key_check;

DROP TRIGGER audit_log_goes_by_age;
CREATE TABLE new_audit_log_ends (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_number INTEGER NOT NULL,
  last_hash TEXT NOT NULL,
  pruned_number INTEGER NOT NULL,
  pruned_hash TEXT NOT NULL
) STRICT;
INSERT INTO new_audit_log_ends SELECT 1, last_number, last_hash, pruned_number, pruned_hash FROM audit_log_ends LIMIT 1;
DROP TABLE audit_log_ends;
ALTER TABLE new_audit_log_ends RENAME TO audit_log_ends;
CREATE TRIGGER audit_log_goes_by_age BEFORE DELETE ON audit_log
WHEN OLD.number > (SELECT pruned_number FROM audit_log_ends)
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- Rows that come from the log bring the rows along that these triggers wrote where the change was made.
DROP TRIGGER saved_filters_of_deleted;
CREATE TRIGGER saved_filters_of_deleted AFTER UPDATE OF deleted_at ON webhooks WHEN new.deleted_at IS NOT NULL
  AND (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  DELETE FROM saved_filters WHERE webhook_id = new.id;
END;
DROP TRIGGER webhook_made;
CREATE TRIGGER webhook_made AFTER INSERT ON webhooks WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER webhook_changed;
CREATE TRIGGER webhook_changed AFTER UPDATE ON webhooks WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER webhook_given;
CREATE TRIGGER webhook_given AFTER UPDATE OF user_id ON webhooks WHEN new.user_id <> old.user_id
  AND (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (old.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
  UPDATE entrypoints SET managed_by = NULL WHERE webhook_id = new.id;
  UPDATE targets SET managed_by = NULL WHERE webhook_id = new.id;
END;
DROP TRIGGER entrypoint_made;
CREATE TRIGGER entrypoint_made AFTER INSERT ON entrypoints WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER entrypoint_changed;
CREATE TRIGGER entrypoint_changed AFTER UPDATE ON entrypoints WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER target_made;
CREATE TRIGGER target_made AFTER INSERT ON targets WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER target_changed;
CREATE TRIGGER target_changed AFTER UPDATE ON targets WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER member_made;
CREATE TRIGGER member_made AFTER INSERT ON members WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER member_changed;
CREATE TRIGGER member_changed AFTER UPDATE ON members WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = new.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER member_gone;
CREATE TRIGGER member_gone AFTER DELETE ON members WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions SELECT user_id, 1 FROM webhooks WHERE id = old.webhook_id
    ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER saved_queries_of_deleted;
CREATE TRIGGER saved_queries_of_deleted AFTER UPDATE OF deleted_at ON webhooks WHEN new.deleted_at IS NOT NULL
  AND (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  DELETE FROM saved_queries WHERE webhook_id = new.id;
END;
DROP TRIGGER event_type_made;
CREATE TRIGGER event_type_made AFTER INSERT ON event_types WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER event_type_changed;
CREATE TRIGGER event_type_changed AFTER UPDATE ON event_types WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER event_type_gone;
CREATE TRIGGER event_type_gone AFTER DELETE ON event_types WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (old.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER event_type_check_made;
CREATE TRIGGER event_type_check_made AFTER INSERT ON event_type_checks WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER event_type_check_changed;
CREATE TRIGGER event_type_check_changed AFTER UPDATE ON event_type_checks WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER event_type_check_gone;
CREATE TRIGGER event_type_check_gone AFTER DELETE ON event_type_checks WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (old.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER portal_settings_made;
CREATE TRIGGER portal_settings_made AFTER INSERT ON portal_settings WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER portal_settings_changed;
CREATE TRIGGER portal_settings_changed AFTER UPDATE ON portal_settings WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
DROP TRIGGER portal_settings_gone;
CREATE TRIGGER portal_settings_gone AFTER DELETE ON portal_settings WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  INSERT INTO config_revisions VALUES (old.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
