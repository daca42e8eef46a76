-- Set for events that a user sent: who, and of which event they are an edited copy.
ALTER TABLE events ADD COLUMN sent_by TEXT;
ALTER TABLE events ADD COLUMN copy_of TEXT;
