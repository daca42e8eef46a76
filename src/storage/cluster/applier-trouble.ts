/** Trouble that a node meets as it applies the cluster's log. */
import type { ReaderTrouble } from "./event-log.ts";

export type ApplierTrouble =
  | ReaderTrouble
  /** A later version of the program wrote the record: neither it nor anything after it is applied. */
  | Readonly<{ kind: "newer"; position: number }>
  /** The main database cannot be written; it is tried again. */
  | Readonly<{ kind: "blocked"; position: number; error: unknown }>
  /** Rows that this node wrote as the leader came too late: its main database is not what the others have. */
  | Readonly<{ kind: "diverged"; position: number }>;
