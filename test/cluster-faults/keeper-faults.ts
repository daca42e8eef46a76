/** Faults of a cluster in which one node of three is a spare: it has no event files. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Gateway } from "../support/gateway.ts";
import { type Fault, GATEWAY_BOUND_MS } from "./fault.ts";
import type { World } from "./world.ts";

/** One node takes all events while it gives copies. */
const COPYING_BOUND_MS = 2_000;
const copies = 2;
const AWAY_MS = 3_000;
const LOOK_MS = 100;
/** A node that was heard a moment ago is not forgotten. */
const FORGET_MS = 60_000;

export const keeperFaults = {
  keeper_lost_spare_promoted: {
    boundMs: COPYING_BOUND_MS,
    copies,
    async act(world) {
      const { leader } = await world.roles();
      const spare = await spareOf(world);
      await leader.kill9();
      rmSync(join(leader.folder, "data"), { recursive: true });
      await forgotten(world, leader);
      while (!keeps(world, spare)) await Bun.sleep(LOOK_MS);
      await world.senders.acknowledges(300);
      // It is the spare from now on.
      await leader.start();
    },
  },
  spare_killed: {
    boundMs: GATEWAY_BOUND_MS,
    copies,
    async act(world) {
      const spare = await spareOf(world);
      await spare.kill9();
      await Bun.sleep(AWAY_MS);
      await spare.start();
    },
  },
} satisfies Record<string, Fault>;

async function spareOf(world: World): Promise<Gateway> {
  for (;;) {
    const spare = world.nodes.find((node) => !keeps(world, node));
    if (spare !== undefined) return spare;
    await Bun.sleep(LOOK_MS);
  }
}

/** Its main database is being replaced at times. */
function keeps({ cluster }: World, node: Gateway): boolean {
  try {
    return cluster.keeps(node);
  } catch {
    return true;
  }
}

async function forgotten({ cluster, nodes }: World, gone: Gateway): Promise<void> {
  const until = performance.now() + FORGET_MS;
  for (;;) {
    for (const node of nodes.filter((each) => each !== gone)) {
      const { code, err } = await node.run(["cluster", "forget", cluster.nameOf(gone)]);
      if (code === 0) return;
      if (performance.now() > until) throw new Error(`it is not forgotten: ${err}`);
    }
    await Bun.sleep(LOOK_MS);
  }
}
