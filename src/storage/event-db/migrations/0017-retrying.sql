-- Finds deliveries between two attempts among any number that had none; costs nothing while deliveries succeed. With all
-- columns that its condition reads, so that no row is looked up.
CREATE INDEX deliveries_retrying ON deliveries (event_id, target_id, attempts, attempts_at_replay)
  WHERE status = 'pending' AND attempts > attempts_at_replay;
