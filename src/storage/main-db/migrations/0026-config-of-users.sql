-- Files of configuration also hold what belongs to a user and not to a webhook.
ALTER TABLE event_types ADD COLUMN managed_by TEXT CHECK (managed_by IN ('file'));
ALTER TABLE event_type_checks ADD COLUMN managed_by TEXT CHECK (managed_by IN ('file'));
ALTER TABLE portal_settings ADD COLUMN managed_by TEXT CHECK (managed_by IN ('file'));

CREATE TRIGGER event_type_made AFTER INSERT ON event_types BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER event_type_changed AFTER UPDATE ON event_types BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER event_type_gone AFTER DELETE ON event_types BEGIN
  INSERT INTO config_revisions VALUES (old.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER event_type_check_made AFTER INSERT ON event_type_checks BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER event_type_check_changed AFTER UPDATE ON event_type_checks BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER event_type_check_gone AFTER DELETE ON event_type_checks BEGIN
  INSERT INTO config_revisions VALUES (old.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER portal_settings_made AFTER INSERT ON portal_settings BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER portal_settings_changed AFTER UPDATE ON portal_settings BEGIN
  INSERT INTO config_revisions VALUES (new.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER portal_settings_gone AFTER DELETE ON portal_settings BEGIN
  INSERT INTO config_revisions VALUES (old.user_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
