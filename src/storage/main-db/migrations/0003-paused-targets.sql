-- Since when the target's deliveries are held; null while it is not paused.
ALTER TABLE targets ADD COLUMN paused_at INTEGER;
