/** The executable backs itself up under load, and another folder continues from the backup. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { readLastBackup } from "../../src/storage/backup/last-backup.ts";
import { Gateway, makeFolder, startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { Load } from "./load.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

test("a backup under load contains every event acknowledged before it began, once, also after a restore", async () => {
  const receiver = await startReceiver();
  await using gateway = await startGateway();
  const http = { type: "http", config: { url: receiver.url, headers: { authorization: "Bearer s3cret" } } };
  const setups = [
    await gateway.api.setUpWebhook([http]),
    await gateway.api.setUpWebhook([{ type: "database" }]),
  ];
  const load = new Load();
  const running = load.run({ gateway, setups, senders: 16 });
  await load.waitFor(2_000);

  const before = [...load.acknowledged];
  const folder = makeFolder();
  const backup = join(folder, "backup");
  const taken = await gateway.run(["backup", backup, "--with-key"]);
  expect(taken).toMatchObject({ code: 0, err: "" });
  expect(taken.out).toStartWith("Backed up the main database and 2 event files, ");
  expect(await readLastBackup(join(gateway.folder, "data"))).toMatchObject({ eventFiles: 2, faults: 0 });
  const during = load.acknowledged.length - before.length;
  await gateway.kill9();
  await running;
  expect(during).toBeGreaterThan(0);

  await using restored = new Gateway(makeFolder());
  const put = await restored.run(["restore", backup]);
  expect([put.code, put.err]).toEqual([0, ""]);
  const check = await restored.run(["check"]);
  expect(check).toMatchObject({ code: 0, out: "No faults in the main database and 2 event files.\n" });
  await restored.start();
  const stored = new Map<string, number>();
  for (const { webhookId } of setups) {
    for (const { id, delivery_counts } of await restored.api.waitUntilSettled(webhookId)) {
      stored.set(id, (stored.get(id) ?? 0) + 1);
      expect(delivery_counts.delivered).toBe(1);
    }
  }
  expect(before.filter(({ eventId }) => stored.get(eventId) !== 1)).toEqual([]);
  // Its key is included: what was sealed is sent as before.
  expect(new Set(receiver.requests.map((request) => request.header("authorization")))).toEqual(
    new Set(["Bearer s3cret"]),
  );
  expect((await restored.run(["restore", backup])).err).toContain("Another webhooker is using");
  rmSync(folder, { recursive: true });
  await receiver.close();
});

test("a backup that cannot contain everything says so and exits with 1", async () => {
  await using gateway = await startGateway();
  const { webhookId } = await gateway.api.setUpWebhook();
  await gateway.api.setUpWebhook();
  await gateway.stop();
  await Bun.write(join(gateway.folder, "data", `events-${webhookId}.db`), "torn ".repeat(2_000));
  const { code, out, err } = await gateway.run(["backup", "copy"]);
  expect(code).toBe(1);
  expect(out).toStartWith("Backed up the main database and 1 event file, ");
  expect(err).toContain(`events/events-${webhookId}.db: file is not a database\n`);
  expect(err).toContain("webhooker: 1 file could not be copied; everything else was backed up.");
});
