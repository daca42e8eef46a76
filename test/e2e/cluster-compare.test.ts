/** Operators have the copies of three executables compared while events come in. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import type { WebhookSetup } from "../support/api-client.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import type { Gateway } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";

let cluster: TestCluster;
let setup: WebhookSetup;
let leader: Gateway;
let keeper: Gateway;
let spare: Gateway;

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  cluster = await startCluster(3, { copies: 2 });
  leader = await cluster.leader();
  setup = await cluster.apiAt(leader).setUpWebhook([{ type: "database" }]);
  const others = cluster.nodes.filter((node) => node !== leader);
  const [first, last] = others.toSorted(
    (one, other) => Number(cluster.keeps(other)) - Number(cluster.keeps(one)),
  );
  if (first === undefined || last === undefined) throw new Error("two nodes are to follow");
  [keeper, spare] = [first, last];
}, 60_000);

const EQUAL =
  "The main database is equal at node1, node2, node3.\nThe event files of 1 webhook are equal at node1, node2.\n";

afterAll(() => cluster?.end());

async function send(): Promise<void> {
  expect((await fetch(spare.entrypointUrl(setup.entrypointId), { method: "POST", body: "x" })).status).toBe(
    200,
  );
}

function alter(node: Gateway, file: string, sql: string): void {
  const db = new Database(join(node.folder, "data", file));
  db.run("PRAGMA busy_timeout = 5000");
  db.run(sql);
  db.close();
}

natsTest("copies are equal at any node's word, however many events come in", async () => {
  await send();
  let isComparing = true;
  const sending = (async () => {
    while (isComparing) await send();
  })();
  try {
    for (const node of cluster.nodes) {
      const { code, out, err } = await node.run(["cluster", "compare"]);
      expect([code, out, err]).toEqual([0, EQUAL, ""]);
    }
  } finally {
    isComparing = false;
    await sending;
  }
});

natsTest("a copy that differs is named with what differs", async () => {
  await cluster.apiAt(leader).waitUntilSettled(setup.webhookId);
  const { webhookId } = setup;
  await keeper.stop();
  alter(
    keeper,
    `events-${webhookId}.db`,
    "UPDATE events SET body = x'00' WHERE id = (SELECT min(id) FROM events)",
  );
  await keeper.start();
  await spare.stop();
  alter(spare, "webhooker.db", `UPDATE cluster_state SET role = 'leading'`);
  alter(spare, "webhooker.db", `UPDATE entrypoints SET name = 'other' WHERE webhook_id = '${webhookId}'`);
  alter(spare, "webhooker.db", "DELETE FROM cluster_outbox");
  await spare.start();
  const { code, out, err } = await leader.run(["cluster", "compare"]);
  const [one, two, three] = [leader, keeper, spare].map(cluster.nameOf);
  expect(code).toBe(1);
  expect(out.trimEnd().split("\n")).toEqual([
    `main database: ${three} differs from ${one}, which leads, in config_revisions, entrypoints`,
    `webhook test (${webhookId}): ${two} differs from ${one}, which leads, in events`,
  ]);
  expect(err).toContain("webhooker check");
});

natsTest("a keeper that is away is not passed over", async () => {
  await keeper.stop();
  await spare.stop();
  const { code, out } = await leader.run(["cluster", "compare"]);
  expect(code).toBe(1);
  expect(out).toMatch(new RegExp(`^webhook test .*: not compared at ${cluster.nameOf(keeper)}\\. It `, "m"));
});
