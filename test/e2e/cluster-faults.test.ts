/** The quickest of the faults that `bun run cluster-faults` brings about: nothing is lost, and all nodes have the same. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { configFaults } from "../cluster-faults/config-faults.ts";
import type { Fault } from "../cluster-faults/fault.ts";
import { gatewayFaults } from "../cluster-faults/gateway-faults.ts";
import { natsFaults } from "../cluster-faults/nats-faults.ts";
import { play } from "../cluster-faults/play.ts";
import { CALM_PACE_MS } from "../cluster-faults/senders.ts";
import { startWorld, type World } from "../cluster-faults/world.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";

let world: World;

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) !== null) world = await startWorld({ need: null, paceMs: CALM_PACE_MS });
}, 60_000);

afterAll(() => world?.end());

/** Events that arrived twice are those that were under way at the time. */
async function loses(fault: Fault): Promise<readonly string[]> {
  const { verdict } = await play(world, fault, { isQuick: true });
  return verdict.faults;
}

describe("a cluster under load loses nothing, and its nodes have the same afterwards,", () => {
  natsTest("if its leader is killed while it is configured at the others", async () => {
    expect(await loses(configFaults.leader_killed_while_configured)).toEqual([]);
  });

  natsTest("if its leader stands still until it is deposed, and goes on then", async () => {
    expect(await loses(gatewayFaults.leader_suspended_briefly)).toEqual([]);
  });

  natsTest("if the NATS server is killed that leads its log", async () => {
    expect(await loses(natsFaults.nats_leader_killed)).toEqual([]);
  });
});
