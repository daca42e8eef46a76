/** Finds the target that an event file names, if it belongs to the file's webhook. */
import type { DeliveryTarget, Routing } from "../../storage/main-db/routing.ts";

/** Returns null for another webhook's target: an imported file may name any. */
export function findOwnTarget(
  routing: Pick<Routing, "findTarget">,
  { webhookId, targetId }: Readonly<{ webhookId: string; targetId: string }>,
): DeliveryTarget | null {
  const target = routing.findTarget(targetId);
  return target?.webhookId === webhookId ? target : null;
}
