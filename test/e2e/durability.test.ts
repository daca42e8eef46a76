import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { startGateway } from "../support/gateway.ts";
import { type Answer, startReceiver } from "../support/receiver.ts";
import { Load, listUndelivered } from "./load.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const KILLS = 12;
const SENDERS = 24;

test(`${KILLS} SIGKILLs under load lose nothing that was acknowledged`, async () => {
  const receiver = await startReceiver();
  await using gateway = await startGateway();
  const http = { type: "http", config: { url: receiver.url } };
  const setups = [
    await gateway.api.setUpWebhook([http]),
    await gateway.api.setUpWebhook([http, { type: "database" }]),
    await gateway.api.setUpWebhook([{ type: "log" }, http]),
  ];
  const load = new Load();

  for (let kill = 1; kill <= KILLS; kill++) {
    const running = load.run({ gateway, setups, senders: SENDERS });
    // A different number each time, so that the kill hits another moment of writing, syncing and delivering.
    await load.waitFor(load.acknowledged.length + 30 + ((kill * 37) % 90));
    await gateway.kill9();
    await running;
    await gateway.start();
  }

  expect(load.unanswered).toBeGreaterThanOrEqual(KILLS);
  expect(await listUndelivered({ gateway, load, setups, received: receiver.requests })).toEqual([]);
  await receiver.close();
});

test("commits to the main database are synced by the gateway itself, because SQLite would do it on the event loop", async () => {
  await using gateway = await startGateway();
  await gateway.api.setUpWebhook();
  const descriptors = `/proc/${gateway.pid}/fd`;
  const open = readdirSync(descriptors).map((name) => readlinkSync(`${descriptors}/${name}`));
  // SQLite's own descriptor, and the one that syncs the write-ahead log.
  expect(open.filter((path) => path.endsWith("/data/webhooker.db-wal"))).toHaveLength(2);
});

test("SIGTERM under load loses nothing and exits with 0", async () => {
  const receiver = await startReceiver();
  await using gateway = await startGateway();
  const setups = [await gateway.api.setUpWebhook([{ type: "http", config: { url: receiver.url } }])];
  const load = new Load();

  for (let stop = 1; stop <= 3; stop++) {
    const running = load.run({ gateway, setups, senders: SENDERS });
    await load.waitFor(load.acknowledged.length + 50);
    const { code, out } = await gateway.stop();
    await running;
    expect(code).toBe(0);
    expect(out).toContain("webhooker has stopped");
    expect(out).not.toContain("ERROR");
    await gateway.start();
  }

  expect(await listUndelivered({ gateway, load, setups, received: receiver.requests })).toEqual([]);
  await receiver.close();
});

test("a second signal exits immediately, and the interrupted delivery is made after the next start", async () => {
  const hanging = Promise.withResolvers<void>();
  let answer: Answer = { after: hanging.promise };
  const receiver = await startReceiver({ script: () => answer });
  await using gateway = await startGateway();
  const { webhookId, entrypointId } = await gateway.api.setUpWebhook([
    { type: "http", config: { url: receiver.url } },
  ]);
  await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "kept" });
  await receiver.waitFor(1);

  gateway.signal("SIGTERM");
  await gateway.waitForLog(/webhooker is stopping/);
  gateway.signal("SIGTERM");
  const { code } = await gateway.finished;

  expect(code).toBe(130);
  expect(gateway.log).not.toContain("webhooker has stopped");
  answer = {};
  await gateway.start();
  const [event] = await gateway.api.waitUntilSettled(webhookId);
  expect(event?.delivery_counts.delivered).toBe(1);
  expect(receiver.requests.map(({ body }) => Buffer.from(body).toString())).toEqual(["kept", "kept"]);
  hanging.resolve();
  await receiver.close();
});
