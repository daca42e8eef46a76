/** Faults that make a node take copies of the leader's files, and faults while it does. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Gateway } from "../support/gateway.ts";
import { openTestLog } from "../support/nats/log-world.ts";
import { type Fault, GATEWAY_BOUND_MS } from "./fault.ts";
import type { World } from "./world.ts";

const boundMs = GATEWAY_BOUND_MS;
const BROKEN_STARTS = 4;
const LONGEST_START_MS = 900;
/** Nodes sync their files more often. */
const SYNCED_MS = 6_000;

export const copyFaults = {
  empty_node_joins: {
    boundMs,
    async act(world) {
      const follower = await world.followed();
      await emptied(follower);
      await follower.start();
    },
  },
  joining_node_killed: {
    boundMs,
    async act(world) {
      const follower = await world.followed();
      await emptied(follower);
      for (let n = 0; n < BROKEN_STARTS; n++) {
        const started = follower.start().catch(() => undefined);
        await Bun.sleep(Math.random() * LONGEST_START_MS);
        await follower.kill9();
        await started;
      }
      await follower.start();
    },
  },
  leader_killed_while_a_node_joins: {
    boundMs,
    // A third node leads meanwhile.
    copies: 3,
    async act(world) {
      const { leader } = await world.roles();
      const follower = await world.followed();
      await emptied(follower);
      const started = follower.start();
      await Bun.sleep(Math.random() * LONGEST_START_MS);
      await leader.kill9();
      await started;
      await leader.start();
    },
  },
  log_trimmed_below_stopped_node: {
    boundMs,
    async act(world) {
      const follower = await world.followed();
      await follower.kill9();
      await trimmed(world);
      await follower.start();
    },
  },
  log_trimmed_below_suspended_node: {
    boundMs,
    async act(world) {
      const follower = await world.followed();
      process.kill(follower.pid, "SIGSTOP");
      await trimmed(world);
      process.kill(follower.pid, "SIGCONT");
      await world.senders.acknowledges(300);
    },
  },
} satisfies Record<string, Fault>;

async function emptied(node: Gateway): Promise<void> {
  await node.kill9();
  rmSync(join(node.folder, "data"), { recursive: true });
}

/** Drops from the log what the nodes that run have, and one that does not run lacks. */
async function trimmed({ cluster: { nats }, senders }: World): Promise<void> {
  const log = await openTestLog(nats.options);
  await senders.acknowledges(300);
  const { last } = await log.head(0);
  await Bun.sleep(SYNCED_MS);
  await log.trim(0, last);
  await log.close();
}
