-- What rows of a later version have that this version has no place for: the program that knows it puts it there.
CREATE TABLE cluster_later (
  id INTEGER PRIMARY KEY,              -- in the order of the log
  table_name TEXT NOT NULL,
  key TEXT,                            -- JSON: the row's primary key; null where the whole table is not known
  op TEXT NOT NULL CHECK (op IN ('put', 'gone')),
  content TEXT NOT NULL,               -- JSON: key and unknown columns; of an unknown table all, or the key of a row that is gone
  UNIQUE (table_name, key)
) STRICT;
