/** Figures of the running gateway for the server page. */

/** The gateway's state at one moment. */
export type ServerFigures = Readonly<{
  /** Null if it cannot be determined. */
  disk: Readonly<{ freeBytes: number; reserveBytes: number }> | null;
  pending: number;
  inFlight: number;
  openCircuits: number;
  memoryBytes: number;
  /** The longest delay of a timer in the last minute; null in the first second. */
  lagMs: number | null;
}>;
