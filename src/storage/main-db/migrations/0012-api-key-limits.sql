-- What a key may do; each null means no limit, as for keys from before there were limits.
ALTER TABLE api_keys ADD COLUMN scopes TEXT;       -- JSON array of names
ALTER TABLE api_keys ADD COLUMN webhook_ids TEXT;  -- JSON array of ids
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN last_used_from TEXT;
