/** A node's place in a cluster, and why it may have to be taken anew. */
import type { EventLog, Owner } from "../../storage/cluster/event-log.ts";
import type { StagedSeed } from "../../storage/cluster/seed.ts";

/** A place in the cluster that was taken: the log, and up to where this node's files have it. */
export type Seat = Readonly<{
  node: string;
  /** Where other nodes reach this one. */
  url: string;
  log: EventLog;
  /** Identifies the log. */
  born: string;
  /** Reading begins behind this position. */
  after: number;
  /** The leader as it was there. */
  leader: Owner | null;
  /** False for a spare, which has no event files. */
  keeps: boolean;
  /** Nodes that are to keep the event files while this one leads. */
  copies: number;
  drain: Drain;
  /** Takes all event files from the leader, beside what a spare has, which goes on meanwhile. */
  stageFiles: StageFiles;
}>;

export type StageFiles = (options: {
  /** Called with the position from which on the log must be kept. */
  onPrepared: (position: number) => void;
  signal: AbortSignal;
}) => Promise<StagedSeed>;

/** Whether the operator lets this node stand aside; outlasts the gateway's being opened anew, but not the process. */
export type Drain = { isDrained: boolean };

/**
 * Why the gateway has to be opened anew: it led and follows from now on, or its copies are to be taken from the leader,
 * all of them or the main database alone, or have been taken and are to be put in place.
 */
export type StartOver = "follow" | "main_database" | "everything" | StagedSeed;
