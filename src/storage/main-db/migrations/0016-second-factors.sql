-- The authenticator app of a user who has one. The secret is sealed.
CREATE TABLE second_factors (
  id TEXT PRIMARY KEY REFERENCES users (id),  -- the user's
  secret TEXT NOT NULL,
  last_step INTEGER NOT NULL,                 -- whose code was taken last; no step is taken twice
  created_at INTEGER NOT NULL
) STRICT;

-- Each can be used once, and is then gone.
CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id),
  code_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- When the browser's user last entered a password or a code of the second factor.
ALTER TABLE sessions ADD COLUMN verified_at INTEGER NOT NULL DEFAULT 0;
