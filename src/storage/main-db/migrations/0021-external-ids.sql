-- The owner's own id of a webhook, such as that of a customer.
ALTER TABLE webhooks ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX webhooks_by_external_id ON webhooks (user_id, external_id)
  WHERE external_id IS NOT NULL AND deleted_at IS NULL;
