/** Faults while the configuration changes. */
import { z } from "zod";
import type { Gateway } from "../support/gateway.ts";
import { type Fault, GATEWAY_BOUND_MS } from "./fault.ts";
import type { World } from "./world.ts";

const boundMs = GATEWAY_BOUND_MS;
const CHANGERS = 3;
const AWAY_MS = 3_000;
const created = z.object({ id: z.string() });

export const configFaults = {
  leader_killed_while_configured: {
    boundMs,
    async act(world) {
      const { leader, followers } = await world.roles();
      const changes = startChanges(world, followers);
      await Bun.sleep(500);
      await leader.kill9();
      await Bun.sleep(AWAY_MS);
      await leader.start();
      await changes.stop();
    },
  },
  nats_leader_killed_while_configured: {
    boundMs: 12_000,
    async act(world) {
      const { followers } = await world.roles();
      const changes = startChanges(world, followers);
      await Bun.sleep(500);
      const name = await world.logLeader();
      await world.cluster.nats.kill(name);
      await world.senders.acknowledges(300);
      await world.cluster.nats.start(name);
      await changes.stop();
    },
  },
  webhook_deleted: {
    boundMs,
    async act(world) {
      const { leader, followers } = await world.roles();
      const [setup] = world.setups;
      if (setup === undefined) throw new Error("no webhook is left");
      const { webhookId } = setup;
      // Its senders go on for a while.
      world.deleted.add(webhookId);
      const answer = await world.api(followers[0] ?? leader).request("DELETE", `/webhooks/${webhookId}`);
      if (!answer.ok) throw new Error(`deleting a webhook: ${answer.status} ${await answer.text()}`);
      await world.senders.acknowledges(300);
      const more = await world.api(leader).setUpWebhook([{ type: "http", config: { url: world.sink.url } }]);
      world.setups.splice(0, 1);
      world.setups.push(more);
    },
  },
} satisfies Record<string, Fault>;

/** Makes webhooks and targets at these nodes, one after the other, and deletes every other webhook. */
function startChanges({ api, made, deleted }: World, nodes: readonly Gateway[]) {
  let isStopped = false;

  async function change(index: number): Promise<void> {
    for (let n = index; !isStopped; n++) {
      const node = nodes[n % nodes.length];
      if (node !== undefined) await makeOne(node, n % 2 === 0).catch(() => undefined);
      await Bun.sleep(20);
    }
  }

  async function makeOne(node: Gateway, isDeleted: boolean): Promise<void> {
    const client = api(node);
    const ask = (method: string, path: string, body?: unknown) => client.request(method, path, body);
    const webhook = await ask("POST", "/webhooks", { name: "more" });
    if (!webhook.ok) return;
    const { id } = created.parse(await webhook.json());
    made.webhooks.add(id);
    const body = { name: "log", type: "log", config: {} };
    const target = await ask("POST", `/webhooks/${id}/targets`, body);
    if (target.ok && !isDeleted) made.targets.add(created.parse(await target.json()).id);
    if (!isDeleted) return;
    // Whatever is answered, it may be gone from now on.
    made.webhooks.delete(id);
    if ((await ask("DELETE", `/webhooks/${id}`)).ok) deleted.add(id);
  }

  const running = Promise.all(Array.from({ length: CHANGERS }, (_, index) => change(index)));
  return {
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
