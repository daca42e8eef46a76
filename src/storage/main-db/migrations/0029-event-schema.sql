-- Schema version to which the program that last ran as a node may have brought this folder's event files.
ALTER TABLE cluster_state ADD COLUMN event_schema INTEGER;
