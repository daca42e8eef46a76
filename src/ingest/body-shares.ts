/** Divides a number of bytes among senders, so that some is always left for those who hold little. */

export type Sender = Readonly<{ entrypointId: string; address: string }>;

/**
 * An entrypoint may hold as much as stays free, which is half where it is alone, a third beside another that does the
 * same: "dynamic thresholds", as switches share their buffers (Choudhury and Hahne, 1998). Many senders share an address
 * behind a proxy, so an address may hold four times as much as stays free.
 */
const ENTRYPOINT_PER_FREE = 1;
const ADDRESS_PER_FREE = 4;

export type Shares = Readonly<{
  fits: (sender: Sender, bytes: number) => boolean;
  /** Gives back where `bytes` is negative. */
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

/** Who holds nothing is forgotten. */
function addTo(taken: Map<string, number>, who: string, bytes: number): void {
  const sum = (taken.get(who) ?? 0) + bytes;
  if (sum === 0) taken.delete(who);
  else taken.set(who, sum);
}
