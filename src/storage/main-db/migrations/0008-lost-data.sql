-- When the webhook's event file was missing and an empty one was made; null where that never was.
ALTER TABLE webhooks ADD COLUMN events_lost_at INTEGER;

-- A known text, sealed with the secret key that the secrets here were sealed with: one row.
CREATE TABLE secret_key_check (sealed TEXT NOT NULL) STRICT;
