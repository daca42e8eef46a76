-- When the delivery was replayed last; null for never. Its age counts from then.
ALTER TABLE deliveries ADD COLUMN replayed_at INTEGER;
