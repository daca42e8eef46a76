/** Faults of the NATS servers that keep the log. */
import { type Fault, NATS_BOUND_MS } from "./fault.ts";
import type { World } from "./world.ts";

const boundMs = NATS_BOUND_MS;
/** Requests that senders sent before may still be answered. */
const LAST_ANSWERS_MS = 3_000;
/** Longer than a node tries to reach its log, with that. */
const AWAY_MS = 12_000;
const SUSPENDED_MS = 9_000;

export const natsFaults = {
  nats_leader_killed: {
    boundMs,
    async act(world) {
      const name = await world.logLeader();
      await world.cluster.nats.kill(name);
      await world.senders.acknowledges(300);
      await world.cluster.nats.start(name);
    },
  },
  nats_and_leader_killed: {
    boundMs,
    async act(world) {
      const [name, { leader }] = [await world.logLeader(), await world.roles()];
      await Promise.all([world.cluster.nats.kill(name), leader.kill9()]);
      await world.senders.acknowledges(300);
      await Promise.all([world.cluster.nats.start(name), leader.start()]);
    },
  },
  nats_majority_killed: {
    boundMs: null,
    async act({ cluster: { nats }, senders }) {
      const two = nats.names.slice(0, 2);
      await Promise.all(two.map(nats.kill));
      await Bun.sleep(LAST_ANSWERS_MS);
      const before = senders.acknowledged.length;
      await Bun.sleep(AWAY_MS);
      if (senders.acknowledged.length > before) throw new Error("one server alone acknowledged an event");
      if (!senders.answers.has("503")) throw new Error("senders were left without an answer");
      await Promise.all(two.map(nats.start));
      await senders.acknowledges(300);
    },
  },
  nats_leader_suspended: {
    boundMs,
    async act(world) {
      const name = await world.logLeader();
      world.cluster.nats.signal(name, "SIGSTOP");
      await Bun.sleep(SUSPENDED_MS);
      world.cluster.nats.signal(name, "SIGCONT");
    },
  },
  everything_killed: {
    boundMs: null,
    async act(world) {
      const { nats, nodes } = world.cluster;
      await Promise.all([...nats.names.map(nats.kill), ...nodes.map((node) => node.kill9())]);
      await startAll(world);
    },
  },
} satisfies Record<string, Fault>;

async function startAll({ cluster: { nats, nodes }, senders }: World): Promise<void> {
  await Promise.all(nats.names.map(nats.start));
  await Promise.all(nodes.map((node) => node.start()));
  await senders.acknowledges(300);
}
