-- Why the gateway itself deactivated the target; null where a person did, or it is active.
ALTER TABLE targets ADD COLUMN deactivated_reason TEXT;
