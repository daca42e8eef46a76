-- Who changed what. Each row's hash covers the row and the hash before it, so that a gap or a changed row shows.
CREATE TABLE audit_log (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  via TEXT NOT NULL CHECK (via IN ('dashboard', 'api', 'command line', 'gateway')),
  user_id TEXT,
  session_id TEXT,
  key_id TEXT,
  remote_address TEXT,
  request_id TEXT,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
  code TEXT,
  object_id TEXT,
  object_name TEXT,
  webhook_id TEXT,
  owner_id TEXT,          -- whose object it is
  fields TEXT NOT NULL,   -- names of the changed fields, as a JSON array
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_by_user ON audit_log (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_log_by_owner ON audit_log (owner_id) WHERE owner_id IS NOT NULL;

-- The last row written and the last one deleted by its age: one row.
CREATE TABLE audit_log_ends (
  last_number INTEGER NOT NULL,
  last_hash TEXT NOT NULL,
  pruned_number INTEGER NOT NULL,
  pruned_hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_log_ends VALUES (0, '', 0, '');

CREATE TRIGGER audit_log_never_changes BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_log_goes_by_age BEFORE DELETE ON audit_log
WHEN OLD.number > (SELECT pruned_number FROM audit_log_ends)
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
