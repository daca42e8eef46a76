/** Three executables, two of which keep the event files: the third is a spare, and takes the place of one that is lost. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { importSchema } from "../../src/api/schemas.ts";
import type { WebhookSetup } from "../support/api-client.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import type { Gateway } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";
import { until } from "../support/until.ts";

let cluster: TestCluster;
let setup: WebhookSetup;
/** Ids of all events that were acknowledged. */
const acknowledged: string[] = [];

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  cluster = await startCluster(1, { copies: 2 });
  setup = await cluster.apiAt(nodeAt(0)).setUpWebhook();
  await send(nodeAt(0), 10);
  await cluster.add();
  await cluster.add();
}, 60_000);

afterAll(() => cluster?.end());

function nodeAt(index: number): Gateway {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error("the cluster has not started");
  return node;
}

async function send(to: Gateway, count: number, path = ""): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const body = `event ${n}`;
    const response = await fetch(`${to.entrypointUrl(setup.entrypointId)}${path}`, { method: "POST", body });
    expect(response.status).toBe(200);
    ids.push(response.headers.get("x-webhooker-event-id") ?? "");
  }
  acknowledged.push(...ids);
  return ids;
}

/** False while its main database is being replaced. */
function isKeeper(node: Gateway): boolean {
  try {
    return cluster.keeps(node);
  } catch {
    return false;
  }
}

function eventFilesOf({ folder }: Gateway): readonly string[] {
  return readdirSync(join(folder, "data")).filter((name) => name.startsWith("events-"));
}

/** Resolves once both have all acknowledged events, and the same of everything. */
async function equal(one: Gateway, other: Gateway): Promise<void> {
  await until(() => {
    const [first, second] = [one, other].map((node) => {
      const digests = [...cluster.digest(node, setup.webhookId)].flat().join(" ");
      return { stored: new Set(cluster.storedIds(node, setup.webhookId)), digests };
    });
    const hasAll = acknowledged.every((id) => first?.stored.has(id) && second?.stored.has(id));
    return hasAll && first?.digests === second?.digests;
  });
}

/** Resolves once the command tells this at a node, which has been told by the others' beats; ends with that code. */
async function status(node: Gateway, pattern: RegExp, exitCode = 1): Promise<void> {
  await until(
    async () => {
      const { code, out } = await node.run(["cluster", "status"]);
      return code === exitCode && pattern.test(out);
    },
    { breakMs: 100 },
  );
}

describe("the third node of a cluster with two copies", () => {
  natsTest("takes events without event files of its own, and the others have equal ones", async () => {
    const [one, two, spare] = [nodeAt(0), nodeAt(1), nodeAt(2)];
    expect([one, two, spare].map(cluster.keeps)).toEqual([true, true, false]);
    for (const node of [one, two, spare]) await send(node, 10);
    await equal(one, two);
    expect(cluster.storedIds(two, setup.webhookId)).toHaveLength(40);
    expect(eventFilesOf(spare)).toEqual([]);
    await status(spare, /^Event files: at 2 of 2 nodes[\s\S]*^node3 +spare +none /m, 0);
  });

  natsTest("passes pages and changes on, and follows new webhooks without making files", async () => {
    const spare = nodeAt(2);
    const page = await fetch(`${spare.origin}/pages/login`);
    expect(await page.text()).toContain("<form");
    const { webhookId, entrypointId } = await cluster.apiAt(spare).setUpWebhook();
    const events = await cluster.apiAt(spare).request("GET", `/webhooks/${setup.webhookId}/events`);
    expect(events.status).toBe(200);
    const sent = await fetch(spare.entrypointUrl(entrypointId), { method: "POST", body: "x" });
    expect(sent.status).toBe(200);
    await until(() => cluster.storedIds(nodeAt(1), webhookId).length > 0);
    const gone = await cluster.apiAt(spare).request("DELETE", `/webhooks/${webhookId}`);
    expect(gone.status).toBe(204);
    expect(eventFilesOf(spare)).toEqual([]);
    expect(spare.log).not.toContain("is lost");
  });

  natsTest("passes an import on, whose events both keepers have then", async () => {
    const [one, two, spare] = [nodeAt(0), nodeAt(1), nodeAt(2)];
    const exported = await cluster.apiAt(spare).request("GET", `/webhooks/${setup.webhookId}/export`);
    expect(exported.status).toBe(200);
    const headers = { authorization: `Bearer ${await cluster.apiAt(spare).key()}` };
    const body = await exported.arrayBuffer();
    const answer = await fetch(`${spare.origin}/api/v1/webhooks/import`, { method: "POST", headers, body });
    expect(answer.status).toBe(201);
    const { webhook } = importSchema.parse(await answer.json());
    const digestAt = (node: Gateway) => [...cluster.digest(node, webhook.id)].flat().join(" ");
    await until(() => eventFilesOf(two).includes(`events-${webhook.id}.db`));
    await until(() => digestAt(one) === digestAt(two));
    expect(cluster.storedIds(two, webhook.id)).toHaveLength(acknowledged.length);
    expect(eventFilesOf(spare)).toEqual([]);
    expect(spare.log).not.toContain("could not be copied");
  });

  natsTest("answers a duplicate at once, which the others drop", async () => {
    const [one, two, spare] = [nodeAt(0), nodeAt(1), nodeAt(2)];
    const path = `/webhooks/${setup.webhookId}/entrypoints/${setup.entrypointId}`;
    const changed = await cluster.apiAt(one).request("PATCH", path, { deduplicate_by: "body" });
    expect(changed.status).toBe(200);
    await cluster.hasChanges(spare);
    const post = () => fetch(spare.entrypointUrl(setup.entrypointId), { method: "POST", body: "same" });
    const before = cluster.storedIds(one, setup.webhookId).length;
    const since = performance.now();
    for (let n = 0; n < 8; n++) expect((await post()).status).toBe(200);
    // Each would wait for 250 ms if it waited for what a file says of it.
    expect(performance.now() - since).toBeLessThan(8 * 200);
    expect((await cluster.apiAt(one).request("PATCH", path, { deduplicate_by: "off" })).status).toBe(200);
    await send(spare, 1);
    await equal(one, two);
    expect(cluster.storedIds(one, setup.webhookId)).toHaveLength(before + 2);
  });

  natsTest("refuses commands that need the files, and finds nothing missing", async () => {
    const spare = nodeAt(2);
    for (const args of [
      ["backup", join(spare.folder, "backup")],
      ["export", setup.webhookId, "x.db"],
    ]) {
      const { code, err } = await spare.run(args);
      expect([args, code, err]).toEqual([args, 1, expect.stringContaining("has no event files")]);
    }
    const { code, out, err } = await spare.run(["check"]);
    expect([code, out, err]).toEqual([0, expect.any(String), expect.any(String)]);
  });

  natsTest("is replaced by nobody while it is away, and goes on with what it has", async () => {
    const [one, spare] = [nodeAt(0), nodeAt(2)];
    await spare.stop();
    const left = await spare.run(["cluster", "leave", "--yes"]);
    expect([left.code, left.err]).toEqual([1, expect.stringContaining("has no event files")]);
    await send(one, 5);
    await spare.start();
    await send(spare, 5);
    expect(eventFilesOf(spare)).toEqual([]);
    expect((await spare.run(["cluster", "forget", "node2"])).err).toContain("Node node2 is heard");
    expect((await spare.run(["cluster", "forget", "node9"])).err).toContain("No such node");
  });

  natsTest("takes the place of a node that is lost, and the lost one that of the spare", async () => {
    const lost = await cluster.leader();
    const other = lost === nodeAt(0) ? nodeAt(1) : nodeAt(0);
    const spare = nodeAt(2);
    await send(spare, 5);
    await lost.kill9();
    await send(spare, 5);
    rmSync(join(lost.folder, "data"), { recursive: true });
    // As long as this is in the way of the copies, it cannot take them.
    const obstacle = join(spare.folder, "data", ".seed-obstacle.db");
    mkdirSync(obstacle);
    const forget = () => spare.run(["cluster", "forget", cluster.nameOf(lost)]);
    await until(async () => (await forget()).code === 0, { breakMs: 100 });
    await send(other, 10);
    await spare.waitForLog(/files could not be taken from the leader; trying again/);
    await send(spare, 10);
    await status(spare, /at 1 of 2 nodes[\s\S]*^node3 +copies +coming [\s\S]*Being copied to: node3\.$/m);
    rmSync(obstacle, { recursive: true });
    await spare.waitForLog(/all event files are taken from the leader/);
    await until(() => isKeeper(spare));
    await equal(other, spare);
    await lost.start();
    await send(lost, 5);
    await equal(other, spare);
    expect(eventFilesOf(lost)).toEqual([]);
    expect([other, spare, lost].map(cluster.keeps)).toEqual([true, true, false]);
  });

  natsTest("goes on taking events where all others are gone, and says what is wrong", async () => {
    const spare = cluster.nodes.find((node) => !cluster.keeps(node)) ?? nodeAt(0);
    const keepers = cluster.nodes.filter((node) => node !== spare);
    await Promise.all(keepers.map((node) => node.kill9()));
    await send(spare, 5);
    await status(spare, /No node leads\.[\s\S]*No node with event files is heard.* Start node\d or node\d\./);
    const ready = await fetch(`${spare.origin}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([
      200,
      expect.stringContaining("no node with event files"),
    ]);
    await spare.kill9();
    await spare.start();
    await send(spare, 5);
    await Promise.all(keepers.map((node) => node.start()));
    const [one, two] = keepers;
    if (one !== undefined && two !== undefined) await equal(one, two);
  });
});
