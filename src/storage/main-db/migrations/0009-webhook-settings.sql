-- A webhook's settings as one JSON object: retention_days, retention_bytes, notices; null while all have their defaults.
ALTER TABLE webhooks ADD COLUMN settings TEXT;
UPDATE webhooks
  SET settings = json_object(
    'retention_days', retention_days,
    'retention_bytes', retention_bytes,
    'notices', CASE WHEN json_valid(notices) THEN json(notices) END
  )
  WHERE retention_days IS NOT NULL OR retention_bytes IS NOT NULL OR notices IS NOT NULL;
ALTER TABLE webhooks DROP COLUMN retention_days;
ALTER TABLE webhooks DROP COLUMN retention_bytes;
ALTER TABLE webhooks DROP COLUMN notices;
