-- Passkeys of users: the public halves of key pairs that their devices keep.
CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,          -- the credential's, in base64url
  user_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  public_key TEXT NOT NULL,     -- COSE, in base64url
  counter INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (user_id);
