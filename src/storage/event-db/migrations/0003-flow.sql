-- Deliveries of one lane go out in order: the key of their lane, null where their target asks for no order. Of those
-- of a lane that are pending or held one at most has a due time; the others wait behind it and have none.
ALTER TABLE deliveries ADD COLUMN order_key TEXT;

-- Costs nothing while no delivery has a key. Those without a due time come first, by event: the next of the lane.
CREATE INDEX deliveries_in_lanes ON deliveries (target_id, order_key, next_attempt_at)
  WHERE order_key IS NOT NULL AND (status = 'pending' OR status = 'held');

-- What waits for the end of its target's pause, the oldest event first.
CREATE INDEX deliveries_held ON deliveries (target_id, event_id) WHERE status = 'held';

-- Targets that failed so often that they are only probed now and then.
CREATE TABLE open_circuits (
  target_id TEXT PRIMARY KEY NOT NULL,
  opened_at INTEGER NOT NULL,
  reason    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
