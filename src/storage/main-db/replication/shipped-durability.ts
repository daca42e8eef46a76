/** On the leader of a cluster a commit is durable only once the cluster's log has it too. */
import type { Durability } from "../durability.ts";

export type ShippedDurability = Durability &
  Readonly<{
    /** From now on `synced` and `durably` also wait for this; null: no longer. */
    shipBy: (shipping: Shipping | null) => void;
  }>;

type Shipping = Readonly<{ shipped: () => Promise<void> }>;

export function withShipping(local: Durability): ShippedDurability {
  let shipping: Shipping | null = null;

  async function both(synced: Promise<void>, shipped: Promise<void>): Promise<void> {
    // Waits for both even if one fails.
    const results = await Promise.allSettled([synced, shipped]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  return {
    ...local,
    synced: () => (shipping === null ? local.synced() : both(local.synced(), shipping.shipped())),
    durably(answer) {
      if (shipping === null) return local.durably(answer);
      const { shipped } = shipping;
      return durablyShipped(local, answer, shipped);
    },
    shipBy(by) {
      shipping = by;
    },
  };
}

/** Ships while the disk is being synced. */
async function durablyShipped<T>(
  local: Durability,
  answer: () => Promise<T>,
  shipped: () => Promise<void>,
): Promise<T> {
  let shipping: Promise<void> = Promise.resolve();
  try {
    return await local.durably(async () => {
      try {
        return await answer();
      } finally {
        shipping = shipped();
        // Reported below.
        shipping.catch(() => undefined);
      }
    });
  } finally {
    await shipping;
  }
}
