/** Divides memory among senders, so that some is always left for senders that hold little. */

export type Sender = Readonly<{ entrypointId: string; address: string }>;

/**
 * An entrypoint may hold as much as stays free: half when it is alone, a third beside another that does the same. These
 * are the "dynamic thresholds" of shared switch buffers (Choudhury and Hahne, 1998). Many senders can share an address
 * behind a proxy, so an address may hold four times as much as stays free.
 */
const ENTRYPOINT_PER_FREE = 1;
const ADDRESS_PER_FREE = 4;

export type Shares = Readonly<{
  fits: (sender: Sender, bytes: number) => boolean;
  /** A negative `bytes` releases memory. */
  add: (sender: Sender, bytes: number) => void;
}>;

export function createShares(room: number): Shares {
  const byEntrypoint = new Map<string, number>();
  const byAddress = new Map<string, number>();
  let taken = 0;
  return {
    fits({ entrypointId, address }, bytes) {
      const free = room - taken - bytes;
      const ofEntrypoint = (byEntrypoint.get(entrypointId) ?? 0) + bytes;
      const ofAddress = (byAddress.get(address) ?? 0) + bytes;
      return ofEntrypoint <= ENTRYPOINT_PER_FREE * free && ofAddress <= ADDRESS_PER_FREE * free;
    },
    add({ entrypointId, address }, bytes) {
      taken += bytes;
      addTo(byEntrypoint, entrypointId, bytes);
      addTo(byAddress, address, bytes);
    },
  };
}

/** Adds to a sender's total, and removes the entry at zero. */
function addTo(taken: Map<string, number>, who: string, bytes: number): void {
  const sum = (taken.get(who) ?? 0) + bytes;
  if (sum === 0) taken.delete(who);
  else taken.set(who, sum);
}
