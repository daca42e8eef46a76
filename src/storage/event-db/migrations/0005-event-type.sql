-- What happened, in the sender's words; null where nobody says.
ALTER TABLE events ADD COLUMN type TEXT;
