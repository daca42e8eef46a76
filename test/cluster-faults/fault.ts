/** Defines faults, and for how long senders may have to wait because of one. */
import type { Need } from "./machine/needs.ts";
import type { World } from "./world.ts";

export type Fault = Readonly<{
  /** Brings it about; resolves once what it took away is back. */
  act: (world: World, options: Readonly<{ isQuick: boolean }>) => Promise<void>;
  /** Acknowledgements are to go on within this time; null where they cannot. */
  boundMs: number | null;
  need?: Need;
  /** Nodes that keep the event files, where the fault needs a spare or none. */
  copies?: number;
}>;

/** Where a gateway dies, others take events at once. */
export const GATEWAY_BOUND_MS = 1_000;
/** Time that the NATS servers take to choose another leader. */
export const NATS_BOUND_MS = 12_000;
