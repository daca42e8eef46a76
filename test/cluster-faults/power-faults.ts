/** Power cuts: what gateways and NATS servers had not synced is gone from their disks. */
import { type Fault, GATEWAY_BOUND_MS, NATS_BOUND_MS } from "./fault.ts";
import { cutPower } from "./machine/machine.ts";
import type { World } from "./world.ts";

const need = "disk_images";
/** Cuts hit other writes each time. */
const LONGEST_RUN_MS = 1_000;

export const powerFaults = {
  leader_power_cut: {
    boundMs: GATEWAY_BOUND_MS,
    need,
    async act(world) {
      const { leader } = await world.roles();
      const machine = world.machineOf(leader);
      await anyMoment();
      await cutPower([machine]);
      await world.senders.acknowledges(100);
      await machine.start();
    },
  },
  log_leader_power_cut: {
    boundMs: NATS_BOUND_MS,
    need,
    async act(world) {
      const machine = world.machineOf(await world.logLeader());
      await anyMoment();
      await cutPower([machine]);
      await world.senders.acknowledges(300);
      await machine.start();
    },
  },
  all_nats_power_cut: { boundMs: null, need, act: (world) => cutAll(world, serversOf(world)) },
  power_cut_everywhere: {
    boundMs: null,
    need,
    act: (world) => cutAll(world, [...serversOf(world), ...world.nodes]),
  },
} satisfies Record<string, Fault>;

function serversOf({ cluster }: World): readonly string[] {
  return cluster.nats.names;
}

async function cutAll(world: World, all: readonly Parameters<World["machineOf"]>[0][]): Promise<void> {
  const machines = all.map(world.machineOf);
  await anyMoment();
  await cutPower(machines);
  await Promise.all(machines.map(({ start }) => start()));
  await world.senders.acknowledges(300);
}

function anyMoment(): Promise<void> {
  return Bun.sleep(Math.random() * LONGEST_RUN_MS);
}
