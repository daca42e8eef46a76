-- How the target's requests are signed, its secrets sealed; null where they are not.
ALTER TABLE targets ADD COLUMN signing TEXT;
