/** Webhooks are imported with their events into a cluster of three executables, by any node. */
import { afterAll, beforeAll, expect } from "bun:test";
import { cpSync, readdirSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importSchema } from "../../src/api/schemas.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import type { Gateway } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";
import { until } from "../support/until.ts";

const EVENTS = 300;

let cluster: TestCluster;

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  cluster = await startCluster(3);
}, 60_000);

afterAll(() => cluster?.end());

async function roles(): Promise<Readonly<{ leader: Gateway; follower: Gateway; other: Gateway }>> {
  const [first] = cluster.nodes;
  // Until a leader answers: the one before may have been killed.
  if (first) await until(async () => (await cluster.apiAt(first).request("GET", "/webhooks")).ok);
  const leader = await cluster.leader();
  const [follower, other] = cluster.nodes.filter((each) => each !== leader);
  if (follower === undefined || other === undefined) throw new Error("two nodes are to follow");
  return { leader, follower, other };
}

async function importBy(node: Gateway, file: ArrayBuffer) {
  const headers = { authorization: `Bearer ${await cluster.apiAt(node).key()}` };
  const path = `${node.origin}/api/v1/webhooks/import`;
  const answer = await fetch(path, { method: "POST", headers, body: file });
  expect([answer.status, answer.ok ? "" : await answer.text()]).toEqual([201, ""]);
  const { webhook, entrypoints } = importSchema.parse(await answer.json());
  return { webhookId: webhook.id, entrypointId: entrypoints[0]?.id ?? "" };
}

/** Resolves once both have the same rows of the webhook, which then has so many events. */
async function areEqual(nodes: readonly Gateway[], webhookId: string, events: number): Promise<void> {
  await until(() => nodes.every((each) => stored(each, webhookId) === events));
  const [first, ...others] = nodes.map((each) => [...cluster.digest(each, webhookId)]);
  for (const digest of others) expect(digest).toEqual(first ?? []);
}

function stored(node: Gateway, webhookId: string): number {
  try {
    return cluster.storedIds(node, webhookId).length;
  } catch {
    // Its file is not there yet.
    return 0;
  }
}

natsTest("an import that is answered outlives the leader, at all nodes alike", async () => {
  const { leader, follower, other } = await roles();
  const api = cluster.apiAt(follower);
  const setup = await api.setUpWebhook([{ type: "database" }]);
  const send = (to: Gateway, entrypointId: string) =>
    fetch(to.entrypointUrl(entrypointId), { method: "POST", body: "x".repeat(500) });
  for (let n = 0; n < EVENTS; n++) expect((await send(follower, setup.entrypointId)).status).toBe(200);
  await api.waitUntilSettled(setup.webhookId);
  const file = await (await api.request("GET", `/webhooks/${setup.webhookId}/export`)).arrayBuffer();
  expect((await api.request("DELETE", `/webhooks/${setup.webhookId}`)).status).toBe(204);

  const { webhookId, entrypointId } = await importBy(follower, file);
  await leader.kill9();
  await areEqual([follower, other], webhookId, EVENTS);
  expect((await send(other, entrypointId)).status).toBe(200);
  await areEqual([follower, other], webhookId, EVENTS + 1);
  await leader.start();
  await areEqual(cluster.nodes, webhookId, EVENTS + 1);
  for (const node of cluster.nodes) {
    const names = readdirSync(join(node.folder, "data"));
    expect(names.filter((name) => /^(ready|awaited|transfer|snapshot|events-.*\.db$)/.test(name))).toEqual([
      `events-${webhookId}.db`,
    ]);
  }
});

natsTest("a node that was away takes an import's file from the others", async () => {
  const { leader, follower, other } = await roles();
  const setup = await cluster.apiAt(leader).setUpWebhook();
  expect((await fetch(leader.entrypointUrl(setup.entrypointId), { method: "POST" })).status).toBe(200);
  const { webhookId: from } = setup;
  const file = await (await cluster.apiAt(leader).request("GET", `/webhooks/${from}/export`)).arrayBuffer();
  await other.kill9();
  const { webhookId, entrypointId } = await importBy(follower, file);
  expect((await fetch(leader.entrypointUrl(entrypointId), { method: "POST" })).status).toBe(200);
  await other.start();
  await areEqual(cluster.nodes, webhookId, 2);
  expect(other.log).not.toContain("events are lost");
});

/** Moves a stopped node's data to a disk so small that it has no reserve. */
function moveToSmallDisk({ folder }: Gateway): string {
  const data = join(folder, "data");
  renameSync(data, join(folder, "before"));
  mountSmallDisk(data, 64);
  const filter = (path: string) => !path.endsWith(".reserve");
  cpSync(join(folder, "before"), data, { recursive: true, filter });
  return data;
}

/** Needs permission to mount. */
for (const place of mayMount() ? ["a full disk"] : []) {
  natsTest(
    `a node with ${place} takes an import's file once it has room, and the others before`,
    async () => {
      const { leader, follower, other } = await roles();
      const api = cluster.apiAt(leader);
      const setup = await api.setUpWebhook();
      const body = "x".repeat(1024 ** 2);
      for (let n = 0; n < 12; n++)
        await fetch(leader.entrypointUrl(setup.entrypointId), { method: "POST", body });
      await areEqual(cluster.nodes, setup.webhookId, 12);
      const file = await (await api.request("GET", `/webhooks/${setup.webhookId}/export`)).arrayBuffer();
      await other.stop();
      const data = moveToSmallDisk(other);
      try {
        await other.start();
        const filler = join(data, "filler");
        const { bavail, bsize } = statfsSync(data);
        writeFileSync(filler, Buffer.alloc(bavail * bsize - 8 * 1024 ** 2));
        const { webhookId } = await importBy(other, file);
        await areEqual([leader, follower], webhookId, 12);
        await other.waitForLog(/could not be copied from another node; trying again/);
        rmSync(filler);
        await areEqual(cluster.nodes, webhookId, 12);
      } finally {
        await other.stop();
        unmountSmallDisk(data);
      }
    },
  );
}
