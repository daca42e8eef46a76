/** Finds a target for the event file that names it: one of another webhook does not exist there. */
import type { DeliveryTarget, Routing } from "../../storage/main-db/routing.ts";

/** Null for any other webhook's target: an imported file may name whatever its maker wrote into it. */
export function findOwnTarget(
  routing: Pick<Routing, "findTarget">,
  { webhookId, targetId }: Readonly<{ webhookId: string; targetId: string }>,
): DeliveryTarget | null {
  const target = routing.findTarget(targetId);
  return target?.webhookId === webhookId ? target : null;
}
