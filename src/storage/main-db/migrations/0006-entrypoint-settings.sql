-- What an entrypoint takes and how it answers; null where all is as it is by default.
ALTER TABLE entrypoints ADD COLUMN settings TEXT;
