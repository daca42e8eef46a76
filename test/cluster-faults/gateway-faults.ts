/** Faults of the gateways' processes, disks and ways to the log. */
import { rmSync, statfsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Gateway } from "../support/gateway.ts";
import { type Fault, GATEWAY_BOUND_MS } from "./fault.ts";
import type { World } from "./world.ts";

const boundMs = GATEWAY_BOUND_MS;
const AWAY_MS = 3_000;
/** Just longer than a leader may be silent. */
const DEPOSED_MS = 4_000;
const LONGEST_OPENING_MS = 2_000;
const CUT_MS = 6_000;
const FULL_MS = 4_000;
const CHUNK = new Uint8Array(1024 * 1024).fill(1);

export const gatewayFaults = {
  leader_killed: {
    boundMs,
    async act(world) {
      const { leader } = await world.roles();
      await leader.kill9();
      await Bun.sleep(AWAY_MS);
      await leader.start();
    },
  },
  leader_restarted_at_once: {
    boundMs,
    async act(world) {
      const { leader } = await world.roles();
      await leader.kill9();
      await leader.start();
    },
  },
  follower_killed: {
    boundMs,
    async act(world) {
      const follower = await world.followed();
      await follower.kill9();
      await Bun.sleep(AWAY_MS);
      await follower.start();
    },
  },
  leader_terminated: {
    boundMs,
    async act(world) {
      const { leader } = await world.roles();
      await leader.stop();
      await leader.start();
    },
  },
  all_killed: {
    boundMs: null,
    async act({ nodes }) {
      await Promise.all(nodes.map((node) => node.kill9()));
      await Promise.all(nodes.map((node) => node.start()));
    },
  },
  leader_suspended: {
    boundMs,
    async act(world, { isQuick }) {
      const { leader } = await world.roles();
      await suspended(leader, isQuick ? 8_000 : 30_000);
      // It deposes itself now.
      await world.senders.acknowledges(500);
    },
  },
  leader_suspended_briefly: {
    boundMs,
    async act(world) {
      await suspended((await world.roles()).leader, DEPOSED_MS);
      await world.senders.acknowledges(500);
    },
  },
  deposed_leader_terminated: {
    boundMs,
    async act(world) {
      const { leader } = await world.roles();
      await suspended(leader, DEPOSED_MS);
      // It is being opened anew, at one point or another.
      await Bun.sleep(Math.random() * LONGEST_OPENING_MS);
      const { code, out, err } = await leader.stop();
      if (code !== 0) throw new Error(`it ended with ${code}: ${out.slice(-2_000)}${err}`);
      await leader.start();
    },
  },
  follower_away: {
    boundMs,
    async act(world, { isQuick }) {
      const follower = await world.followed();
      await follower.stop();
      await Bun.sleep(isQuick ? 8_000 : 20_000);
      await follower.start();
    },
  },
  leader_cut_off: { boundMs, act: async (world) => cutOff(world, (await world.roles()).leader) },
  follower_cut_off: { boundMs, act: async (world) => cutOff(world, await world.followed()) },
  leader_disk_full: {
    boundMs,
    need: "small_disks",
    act: async (world) => fillDisk((await world.roles()).leader),
  },
  follower_disk_full: {
    boundMs,
    need: "small_disks",
    act: async (world) => fillDisk(await world.followed()),
  },
} satisfies Record<string, Fault>;

async function suspended(node: Gateway, ms: number): Promise<void> {
  process.kill(node.pid, "SIGSTOP");
  await Bun.sleep(ms);
  process.kill(node.pid, "SIGCONT");
}

/** Its connections stay open, and nothing passes. */
async function cutOff(world: World, node: Gateway): Promise<void> {
  const proxies = world.proxiesOf(node);
  for (const proxy of proxies) proxy.freeze();
  await Bun.sleep(CUT_MS);
  for (const proxy of proxies) proxy.thaw();
}

/** Fills it again and again, as the gateway gives its reserve up, and then frees it. */
async function fillDisk(node: Gateway): Promise<void> {
  const data = join(node.folder, "data");
  const path = join(data, "filler");
  const until = performance.now() + FULL_MS;
  const file = await open(path, "w");
  while (performance.now() < until) {
    try {
      for (;;) await file.write(CHUNK);
    } catch {
      // Full.
    }
    const { bavail, bsize } = statfsSync(data);
    if (bavail * bsize > 0) await file.write(CHUNK.subarray(0, bavail * bsize)).catch(() => undefined);
    await Bun.sleep(50);
  }
  await file.close();
  rmSync(path);
}
