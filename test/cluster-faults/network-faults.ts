/** Nodes whose network cable is pulled: neither senders, receivers, the log nor the other nodes reach them. */
import type { Gateway } from "../support/gateway.ts";
import { type Fault, GATEWAY_BOUND_MS } from "./fault.ts";
import type { World } from "./world.ts";

const need = "networks";
const boundMs = GATEWAY_BOUND_MS;

export const networkFaults = {
  leader_unplugged: {
    boundMs,
    need,
    act: async (world, options) => unplugged(world, (await world.roles()).leader, options),
  },
  follower_unplugged: {
    boundMs,
    need,
    act: async (world, options) => unplugged(world, await world.followed(), options),
  },
} satisfies Record<string, Fault>;

async function unplugged(
  { placeOf }: World,
  node: Gateway,
  { isQuick }: { isQuick: boolean },
): Promise<void> {
  const place = placeOf(node);
  place.unplug();
  await Bun.sleep(isQuick ? 6_000 : 30_000);
  place.plug();
}
