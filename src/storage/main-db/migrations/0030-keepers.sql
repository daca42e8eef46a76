-- Nodes of a cluster that keep the event files. The leader alone writes it; where it is empty, every node keeps them.
CREATE TABLE keepers (
  node TEXT NOT NULL PRIMARY KEY,
  since INTEGER NOT NULL               -- milliseconds UTC
) STRICT;

-- 0: this node has no event files.
ALTER TABLE cluster_state ADD COLUMN keeps INTEGER NOT NULL DEFAULT 1 CHECK (keeps IN (0, 1));
