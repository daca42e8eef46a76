/** Operators watch a cluster of three executables, and take nodes out of it. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { join } from "node:path";
import type { WebhookSetup } from "../support/api-client.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { Gateway, makeFolder } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { variablesOf } from "../support/nats/nats-servers.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";
import { until } from "../support/until.ts";

let cluster: TestCluster;
let setup: WebhookSetup;

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  cluster = await startCluster(1);
  setup = await cluster.apiAt(nodeAt(0)).setUpWebhook();
  // Both join a cluster that has the webhook.
  await cluster.add();
  await cluster.add();
}, 60_000);

afterAll(() => cluster?.end());

type Status = Readonly<{
  node: string;
  leader: Readonly<{ node: string; epoch: number }> | null;
  nodes: readonly Readonly<{ node: string; leads: boolean; draining: boolean }>[];
  /** Exit code of the command that printed it. */
  code?: number | null;
}>;

function nodeAt(index: number): Gateway {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error("the cluster has not started");
  return node;
}

/** Resolves once the node tells of a cluster like that: beats take a moment. */
async function sees(node: Gateway, isMeant: (status: Status) => boolean): Promise<Status> {
  return until(
    async () => {
      const { code, out } = await node.run(["cluster", "status", "--json"]);
      // While it opens its files anew it does not listen.
      if (out === "") return null;
      const status: Status = { ...JSON.parse(out), code };
      return isMeant(status) && status;
    },
    { breakMs: 100 },
  );
}

describe("the operator of a cluster", () => {
  natsTest("learns at each node who leads, and that all is well", async () => {
    for (const [index, node] of cluster.nodes.entries()) {
      // A keeper that has just taken its copies may still be counted as taking them.
      const status = await sees(node, ({ nodes, code }) => nodes.length === 3 && code === 0);
      expect(status.node).toBe(`node${index + 1}`);
      expect(status.leader?.node).toBe("node1");
      expect(status.nodes.map((each) => [each.node, each.leads])).toEqual([
        ["node1", true],
        ["node2", false],
        ["node3", false],
      ]);
      expect(status.code).toBe(0);
    }
  });

  natsTest("lets another node lead for as long as one is drained", async () => {
    const [one, two, three] = [nodeAt(0), nodeAt(1), nodeAt(2)];
    const { webhookId, entrypointId } = setup;
    const drained = await one.run(["cluster", "drain"]);
    expect(drained.out).toMatch(/^Node node1 does not lead until .* Node node[23] leads\.$/m);
    expect((await two.run(["cluster", "drain"])).out).toContain("Node node3 leads.");
    const status = await sees(one, ({ nodes }) => nodes.filter(({ draining }) => draining).length === 2);
    expect(status.nodes.map(({ leads, draining }) => [leads, draining])).toEqual([
      [false, true],
      [false, true],
      [true, false],
    ]);
    // Both still follow: one takes events, the other passes requests on.
    expect((await fetch(one.entrypointUrl(entrypointId), { method: "POST", body: "x" })).status).toBe(200);
    expect((await cluster.apiAt(two).request("GET", `/webhooks/${webhookId}`)).status).toBe(200);
    await three.stop();
    expect((await sees(one, ({ leader }) => leader === null)).code).toBe(1);
    expect((await one.run(["cluster", "undrain"])).code).toBe(0);
    expect((await sees(two, ({ leader }) => leader !== null)).leader?.node).toBe("node1");
  });

  natsTest("stores the secret of a handshake at a follower, by the leader", async () => {
    const { leader } = await sees(nodeAt(1), (status) => status.leader !== null);
    const follower = leader?.node === "node1" ? nodeAt(1) : nodeAt(0);
    const api = cluster.apiAt(follower);
    const path = `/webhooks/${setup.webhookId}/entrypoints/${setup.entrypointId}`;
    const verification = { type: "asana", config: {} };
    expect((await api.request("PATCH", path, { verification })).status).toBe(200);
    const post = async (headers: Readonly<Record<string, string>> = {}) => {
      const response = await fetch(follower.entrypointUrl(setup.entrypointId), { method: "POST", headers });
      await response.body?.cancel();
      return response.status;
    };
    await cluster.hasChanges(follower);
    expect(await post()).toBe(401);
    expect(await post({ "x-hook-secret": "first" })).toBe(200);
    expect(await post({ "x-hook-secret": "second" })).toBe(401);
    expect(await post({ "x-hook-secret": "first" })).toBe(200);
    expect(follower.log).not.toContain("follows the leader");
    expect((await api.request("PATCH", path, { verification: null })).status).toBe(200);
    expect(await post()).toBe(200);
  });

  natsTest("changes users by the command line at the leader only", async () => {
    const status = await sees(nodeAt(1), ({ leader }) => leader !== null);
    const [leader, follower] =
      status.leader?.node === "node1" ? [nodeAt(0), nodeAt(1)] : [nodeAt(1), nodeAt(0)];
    for (const args of [
      ["user", "add", "erin"],
      ["user", "passwd", "admin"],
      ["apikey", "create", "--user", "admin", "--name", "more"],
    ]) {
      const { code, err } = await follower.run(args);
      expect([args, code, err]).toEqual([args, 1, expect.stringContaining("at the node that leads")]);
    }
    expect((await leader.run(["user", "add", "frank"])).code).toBe(0);
    await until(async () => (await follower.run(["user", "list"])).out.includes("frank"), { breakMs: 100 });
  });

  natsTest("takes a node's data out of the cluster, for a gateway alone", async () => {
    const { webhookId, entrypointId } = setup;
    const two = nodeAt(1);
    const response = await fetch(two.entrypointUrl(entrypointId), { method: "POST", body: "x" });
    const id = response.headers.get("x-webhooker-event-id") ?? "";
    expect(response.status).toBe(200);
    await until(() => cluster.storedIds(two, webhookId).includes(id));
    expect((await two.run(["cluster", "leave", "--yes"])).err).toContain("The gateway is running.");
    await two.stop();
    const key = Buffer.alloc(32, 9).toString("base64");
    const keys = { SECRET_KEY: key, SECRET_KEY_PREVIOUS: cluster.aloneIn(two.folder).SECRET_KEY ?? "" };
    const rotated = await two.run(["secret-key", "rotate"], { env: keys });
    expect([rotated.code, rotated.err]).toEqual([1, expect.stringContaining("cannot be rotated")]);
    const added = await two.run(["user", "add", "grace"]);
    expect([added.code, added.err]).toEqual([1, expect.stringContaining("at the node that leads")]);
    const backup = join(two.folder, "backup");
    expect((await two.run(["backup", backup])).code).toBe(0);
    const folder = makeFolder();
    await using restored = new Gateway(folder, { env: cluster.aloneIn(folder) });
    expect((await restored.run(["restore", backup])).err).toContain("that of a gateway alone");
    expect((await restored.run(["cluster", "leave"])).err).toContain("not that of a node");
    const asked = await two.run(["cluster", "leave"]);
    expect([asked.code, asked.err]).toEqual([1, expect.stringMatching(/up to position \d+.*\n.*--yes/)]);
    const left = await two.run(["cluster", "leave", "--yes"]);
    expect([left.code, left.out]).toEqual([0, expect.stringMatching(/gateway alone.* position \d+/)]);
    expect((await two.run(["serve"])).err).toContain("was founded by another node");
    await using alone = new Gateway(two.folder, { env: cluster.aloneIn(two.folder) });
    await alone.start();
    const { webhookId: more } = await alone.api.setUpWebhook();
    expect((await alone.api.request("GET", `/webhooks/${more}`)).status).toBe(200);
    expect((await alone.api.request("GET", `/webhooks/${webhookId}/events/${id}`)).status).toBe(200);
    expect((await alone.run(["check"])).code).toBe(0);
    await alone.stop();
    await foundsAnother(two.folder, { webhookId, id });
  });

  /** With the same servers. */
  async function foundsAnother(folder: string, stored: Readonly<{ webhookId: string; id: string }>) {
    await using named = new Gateway(folder, {
      env: {
        ...cluster.aloneIn(folder),
        ...variablesOf(cluster.nats),
        CLUSTER_NAME: "orders",
        CLUSTER_NODE: "node1",
        CLUSTER_ADVERTISE: "http://127.0.0.1:1",
      },
    });
    await named.start();
    const { port } = new URL(named.origin);
    const nodes = await until(
      async () => {
        const { out } = await named.run(["cluster", "status", "--json"], { env: { PORT: port } });
        const status: Status = JSON.parse(out);
        return status.leader !== null && status.nodes;
      },
      { breakMs: 100 },
    );
    expect(nodes.map(({ node }) => node)).toEqual(["node1"]);
    const { webhookId, id } = stored;
    expect((await named.api.request("GET", `/webhooks/${webhookId}/events/${id}`)).status).toBe(200);
    expect((await sees(nodeAt(0), ({ leader }) => leader !== null)).leader?.epoch).toBeGreaterThan(1);
  }
});
