/** Three executables and three NATS servers: nodes join, any node serves, and another takes over where one dies. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import type { WebhookSetup } from "../support/api-client.ts";
import { CLUSTER_PASSWORD, startCluster, type TestCluster } from "../support/cluster.ts";
import type { Gateway } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { signIn } from "../support/site.ts";
import { until } from "../support/until.ts";

/** From SIGTERM to SIGKILL. */
const DOCKER_MS = 10_000;

let cluster: TestCluster;
let [one, two, three]: Gateway[] = [];
let receiver: Receiver;
let setup: WebhookSetup;

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  receiver = await startReceiver();
  cluster = await startCluster(1);
  one = cluster.nodes[0];
  const targets = [{ type: "http", config: { url: receiver.url } }, { type: "database" }];
  setup = await cluster.apiAt(node(one)).setUpWebhook(targets);
  await send(node(one), 10);
  // Both join a cluster that has data.
  [two, three] = [await cluster.add(), await cluster.add()];
}, 60_000);

afterAll(async () => {
  await cluster?.end();
  await receiver?.close();
});

function node(gateway: Gateway | undefined): Gateway {
  if (gateway === undefined) throw new Error("the cluster has not started");
  return gateway;
}

/** Sends events one after the other; resolves with the ids of those that were acknowledged. */
async function send(to: Gateway, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const response = await fetch(to.entrypointUrl(setup.entrypointId), {
      method: "POST",
      body: `event ${n}`,
    });
    const { id } = (await response.json()) as { id?: string };
    if (response.status === 200 && id !== undefined) ids.push(id);
  }
  return ids;
}

/** Resolves once the node's file has all these events. */
async function has(at: Gateway, ids: readonly string[]): Promise<void> {
  await until(() => {
    const stored = new Set(cluster.storedIds(at, setup.webhookId));
    return ids.every((id) => stored.has(id));
  });
}

describe("a cluster", () => {
  natsTest("gives a node that joins what the others have, and every node what any takes", async () => {
    const nodes = [one, two, three].map(node);
    const ids = (await Promise.all(nodes.map((each) => send(each, 10)))).flat();
    expect(ids).toHaveLength(30);
    for (const each of nodes) await has(each, ids);
    const settled = await cluster.apiAt(node(two)).waitUntilSettled(setup.webhookId);
    expect(settled).toHaveLength(40);
    expect(settled.every(({ delivery_counts: counts }) => counts.delivered === 2)).toBeTrue();
    expect(receiver.requests).toHaveLength(40);
  });

  natsTest("is changed at any node", async () => {
    const { webhookId } = await cluster.apiAt(node(three)).setUpWebhook();
    const response = await cluster.apiAt(node(two)).request("GET", `/webhooks/${webhookId}`);
    expect(response.status).toBe(200);
    const page = await fetch(`${node(three).origin}/pages/login`);
    expect(await page.text()).toContain("<form");
  });

  natsTest("shows the requests that any node refuses", async () => {
    const leader = await cluster.leader();
    const [follower] = cluster.nodes.filter((each) => each !== leader);
    const url = node(follower).entrypointUrl(setup.entrypointId);
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await fetch(url, { method: "DELETE" })).status),
    );
    expect(statuses).toEqual([405, 405, 405]);
    const who = { username: "admin", password: CLUSTER_PASSWORD };
    const headers = { cookie: await signIn(leader, who) };
    await until(async () => {
      const page = await fetch(`${leader.origin}/source/${setup.webhookId}`, { headers });
      return (await page.text()).includes("3 refused");
    });
  });

  natsTest("goes on when the leader is killed, and the leader follows when it is back", async () => {
    const leader = await cluster.leader();
    const others = cluster.nodes.filter((each) => each !== leader);
    const [next] = others;
    await leader.kill9();
    const ids = await send(node(next), 10);
    expect(ids).toHaveLength(10);
    const taken = await Promise.any(
      others.map(async (each) => {
        await each.waitForLog(/this node leads the cluster/);
        return each;
      }),
    );
    await cluster.apiAt(taken).waitUntilSettled(setup.webhookId);
    await leader.start();
    await has(leader, ids);
    const { webhookId } = await cluster.apiAt(leader).setUpWebhook();
    expect((await cluster.apiAt(taken).request("GET", `/webhooks/${webhookId}`)).status).toBe(200);
    for (const each of cluster.nodes) {
      await has(each, ids);
      expect(cluster.storedIds(each, setup.webhookId)).toHaveLength(50);
    }
  });

  natsTest("hands over when the leader is stopped", async () => {
    const leader = await cluster.leader();
    await leader.stop();
    const rest = cluster.nodes.filter((each) => each !== leader);
    const taken = await Promise.any(
      rest.map(async (each) => {
        await each.waitForLog(/this node leads the cluster node=\S+ epoch=4/);
        return each;
      }),
    );
    const before = receiver.requests.length;
    await send(taken, 1);
    await receiver.waitFor(before + 1);
  });

  natsTest(
    "stops while its log is gone, before Docker kills it, and delivers later what it acknowledged",
    async () => {
      const leader = await cluster.leader();
      const isLogGone = Promise.withResolvers<void>();
      const before = receiver.requests.length;
      receiver.answerWith({ after: isLogGone.promise });
      const ids = await send(leader, 5);
      await receiver.waitFor(before + 5);
      await Promise.all(cluster.nats.names.map(cluster.nats.kill));
      // Their results cannot be stored.
      isLogGone.resolve();
      const waiting = fetch(leader.entrypointUrl(setup.entrypointId), { method: "POST", body: "?" });
      // The port may be closed before the request was read.
      const answered = waiting.then(({ status }) => status).catch(() => "none");
      const since = performance.now();
      const [{ code }, status] = await Promise.all([leader.stop(), answered]);
      expect(code).toBe(0);
      expect([503, "none"]).toContain(status);
      expect(performance.now() - since).toBeLessThan(DOCKER_MS);
      await Promise.all(cluster.nats.names.map(cluster.nats.start));
      await leader.start();
      await receiver.waitFor(before + 10);
      await has(leader, ids);
      const settled = await cluster.apiAt(leader).waitUntilSettled(setup.webhookId);
      expect(settled.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids]));
    },
  );
});
