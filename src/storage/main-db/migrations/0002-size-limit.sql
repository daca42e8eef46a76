-- The most that a webhook's event file may hold; null for no limit.
ALTER TABLE webhooks ADD COLUMN retention_bytes INTEGER;
