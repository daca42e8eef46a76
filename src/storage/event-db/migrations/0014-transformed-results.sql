-- The version of the target's transformation that an attempt ran; null where it ran none.
ALTER TABLE delivery_results ADD COLUMN transformation_version INTEGER;

-- 1 where the transformation failed, and nothing was sent.
ALTER TABLE delivery_results ADD COLUMN transformation_failed INTEGER NOT NULL DEFAULT 0;
