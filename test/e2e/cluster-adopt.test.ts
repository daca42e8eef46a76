/** The data of a gateway that was alone becomes what a cluster begins with. */
import { afterAll, beforeAll, expect } from "bun:test";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { Gateway, makeFolder } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { variablesOf } from "../support/nats/nats-servers.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";

let cluster: TestCluster;

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  cluster = await startCluster(0);
}, 60_000);

afterAll(() => cluster?.end());

natsTest(
  "a gateway's data founds a cluster, with all its events, unless another has founded it",
  async () => {
    const folder = makeFolder();
    await using alone = new Gateway(folder, { env: cluster.aloneIn(folder) });
    const env = {
      ...variablesOf(cluster.nats),
      CLUSTER_NODE: "node1",
      CLUSTER_ADVERTISE: "http://127.0.0.1:8080",
    };
    const adopt = (more: Readonly<Record<string, string>> = {}) =>
      alone.run(["cluster", "adopt"], { env: { ...env, ...more } });
    expect((await adopt()).err).toContain("Nothing to adopt");
    await alone.start();
    const { webhookId, entrypointId } = await alone.api.setUpWebhook([
      { type: "http", config: { url: "http://127.0.0.1:9/", headers: { authorization: "secret" } } },
    ]);
    for (let n = 0; n < 20; n++)
      expect((await fetch(alone.entrypointUrl(entrypointId), { method: "POST" })).status).toBe(200);
    expect((await alone.run(["cluster", "adopt"])).err).toContain("CLUSTER_URL is not set");
    expect((await adopt()).err).toContain("The gateway is running.");
    await alone.stop();
    const ids = cluster.storedIds(alone, webhookId);
    const otherKey = { SECRET_KEY: Buffer.alloc(32, 9).toString("base64") };
    expect((await adopt(otherKey)).err).toContain("another secret key than SECRET_KEY");
    expect(await adopt()).toMatchObject({ code: 0, out: expect.stringContaining("begins with") });
    expect(await adopt()).toMatchObject({ code: 0, out: expect.stringContaining("already") });

    const one = await cluster.add(folder);
    await one.waitForLog(/this node leads the cluster/);
    const two = await cluster.add();
    for (const node of [one, two]) expect(cluster.storedIds(node, webhookId)).toEqual(ids);
    const another = makeFolder();
    await using late = new Gateway(another, { env: cluster.aloneIn(another) });
    await late.start();
    await late.stop();
    const refused = await late.run(["cluster", "adopt"], { env: { ...env, CLUSTER_NODE: "node3" } });
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("was founded by another node")]);
  },
);
