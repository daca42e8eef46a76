/** Changes deliveries, and what is kept of their targets. */
import {
  discardPending,
  recordSettlement,
  replayDelivery,
} from "../event-db/deliveries/change-deliveries.ts";
import { shiftStep } from "../event-db/deliveries/due-deliveries.ts";
import { discardHeld, holdPending, releaseHeld } from "../event-db/deliveries/held-deliveries.ts";
import { type OpenCircuit, writeCircuit } from "../event-db/deliveries/open-circuits.ts";
import type { Settlement } from "../event-db/types.ts";
import { durable, repeatable } from "./command.ts";

export const deliveryCommands = {
  /** A result that a power cut loses is only a repeated delivery. */
  settle: repeatable((file, { settlement }: Readonly<{ settlement: Settlement }>) =>
    recordSettlement(file, settlement),
  ),
  /** Makes the event due for the targets; false if it is gone. */
  replay: durable(
    (
      file,
      { eventId, targetIds, now }: Readonly<{ eventId: string; targetIds: readonly string[]; now: number }>,
    ) => targetIds.every((targetId) => replayDelivery(file, { eventId, targetId, now })),
  ),
  shiftDue: durable(shiftStep),
  discardPending: durable(discardPending),
  holdPending: repeatable(holdPending),
  releaseHeld: repeatable(releaseHeld),
  discardHeld: durable(discardHeld),
  /** Null closes the circuit. */
  writeCircuit: repeatable(
    (file, { targetId, circuit }: Readonly<{ targetId: string; circuit: OpenCircuit | null }>) =>
      writeCircuit(file, targetId, circuit),
  ),
};
