/** Moves a webhook from one running executable to another, with its URL, its events and its secrets. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { importSchema } from "../../src/api/schemas.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { administrator, startSite } from "../support/site.ts";
import { until } from "../support/until.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const PASSPHRASE = "a passphrase of the test";
const AUTHORIZATION = "Bearer s3cret-of-the-bank";

async function keyOf(gateway: Gateway): Promise<Record<string, string>> {
  const { out } = await gateway.run(["apikey", "create", "--user", "admin", "--name", "transfer"]);
  return { authorization: `Bearer ${out.trim()}` };
}

function partFiles(gateway: Gateway): string[] {
  return readdirSync(join(gateway.folder, "data")).filter((name) => name.startsWith("transfer-"));
}

test("a webhook continues at another gateway: pending deliveries are sent there, with its secrets", async () => {
  const receiver = await startReceiver({ script: { status: 503 } });
  await using from = await startGateway();
  const config = { url: receiver.url, headers: { authorization: AUTHORIZATION } };
  const setup = await from.api.setUpWebhook([{ type: "http", config }]);
  const sent = await fetch(from.entrypointUrl(setup.entrypointId), { method: "POST", body: "before" });
  const eventId = sent.headers.get("x-webhooker-event-id") ?? "";
  await receiver.waitFor(1);

  await from.api.createReplay(setup.webhookId);

  const file = join(from.folder, "orders.db");
  const exported = await from.run(["export", "test", file, "--with-secrets"], { stdin: `${PASSPHRASE}\n` });
  expect(exported).toMatchObject({ code: 0, out: `Exported the webhook to ${file}.\n`, err: "" });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await Bun.file(file).text()).not.toContain("s3cret");
  await from.stop();

  await using to = await startGateway();
  receiver.answerWith({});
  const seen = receiver.requests.length;
  const answer = await fetch(`${to.origin}/api/v1/webhooks/import`, {
    method: "POST",
    headers: {
      ...(await keyOf(to)),
      "x-webhooker-passphrase": Buffer.from(PASSPHRASE).toString("base64"),
    },
    body: Bun.file(file),
  });
  expect(answer.status).toBe(201);
  const { webhook, entrypoints, notes } = importSchema.parse(await answer.json());
  expect([webhook.id, entrypoints[0]?.id, notes]).toEqual([setup.webhookId, setup.entrypointId, []]);
  expect(partFiles(to)).toEqual([]);
  await fetch(to.entrypointUrl(setup.entrypointId), { method: "POST", body: "after" });
  const events = await to.api.waitUntilSettled(setup.webhookId);
  expect(events.map(({ delivery_counts }) => delivery_counts.delivered)).toEqual([1, 1]);
  expect(events.map(({ id }) => id)).toContain(eventId);
  const replays = await to.api.request("GET", `/webhooks/${setup.webhookId}/replays`);
  expect(await replays.json()).toMatchObject({ data: [] });
  expect(receiver.requests.slice(seen).map((request) => request.header("authorization"))).toEqual([
    AUTHORIZATION,
    AUTHORIZATION,
  ]);
  expect(await to.run(["check"])).toMatchObject({ code: 0 });
  await receiver.close();
});

test("a running gateway imports in the dashboard, and an interrupted upload leaves nothing behind", async () => {
  await using gateway = await startSite();
  const { webhookId } = await gateway.api.setUpWebhook();
  await gateway.run(["export", webhookId, "plain.db"]);
  const { cookie } = await administrator(gateway);
  const headers = { cookie, "sec-fetch-site": "same-origin" };
  const url = `${gateway.origin}/sources/import`;
  const abort = new AbortController();
  const half = new ReadableStream({
    start: (controller) =>
      controller.enqueue(
        `--x\r\nContent-Disposition: form-data; name="file"; filename="a.db"\r\n\r\n${"half".repeat(50_000)}`,
      ),
  });
  const type = { "content-type": "multipart/form-data; boundary=x" };
  const broken = fetch(url, {
    method: "POST",
    headers: { ...headers, ...type },
    body: half,
    signal: abort.signal,
  });
  await until(() => partFiles(gateway).length === 1);
  abort.abort();
  await broken.catch(() => undefined);
  await until(() => partFiles(gateway).length === 0);

  const body = new FormData();
  body.set("file", new File([await Bun.file(join(gateway.folder, "plain.db")).bytes()], "plain.db"));
  const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([
    303,
    expect.stringMatching(/^\/source\//),
  ]);
  expect(partFiles(gateway)).toEqual([]);
});

test("a stopped gateway imports on the command line, and a running one explains how to import", async () => {
  await using gateway = await startGateway();
  const config = { url: "http://127.0.0.1:9/", headers: { authorization: AUTHORIZATION } };
  const { webhookId } = await gateway.api.setUpWebhook([{ type: "http", config }, { type: "log" }]);
  const plain = await gateway.run(["export", webhookId, "plain.db"]);
  expect(plain).toMatchObject({ code: 0, err: "2 secrets left out. Use --with-secrets to include them.\n" });
  const again = await gateway.run(["export", webhookId, "plain.db"]);
  expect([again.code, again.err]).toEqual([1, "webhooker: plain.db already exists.\nName a new file.\n"]);
  const running = await gateway.run(["import", "plain.db", "--user", "admin"]);
  expect(running.code).toBe(1);
  expect(running.err).toContain("webhooker: The gateway is running.\nImport the file in its dashboard");

  await gateway.stop();
  const imported = await gateway.run(["import", "plain.db", "--user", "admin"]);
  expect(imported.code).toBe(0);
  expect(imported.out).toMatch(/^[0-9a-f-]{36}\n$/);
  expect(imported.err.split("\n").slice(0, -1)).toEqual([
    "Entrypoint Entrypoint: its URL was taken, so it has a new one. Give it to the sender.",
    "Target target 0 is disabled. Imported without its secrets. Enter them, then enable it.",
    "Target target 1 is disabled. The import left it disabled so that nothing is sent twice. Enable it when ready.",
  ]);
  expect(existsSync(join(gateway.folder, "plain.db"))).toBe(true);
  expect(await gateway.run(["check"])).toMatchObject({
    code: 0,
    out: "No faults in the main database and 2 event files.\n",
  });
});

test("an interrupted download leaves nothing behind, and neither does a crash", async () => {
  await using gateway = await startGateway();
  const { webhookId, entrypointId } = await gateway.api.setUpWebhook();
  const body = crypto.getRandomValues(new Uint8Array(65_536));
  const large = Buffer.concat(Array.from({ length: 320 }, () => body));
  await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: large });
  const abort = new AbortController();
  const answer = await fetch(`${gateway.origin}/api/v1/webhooks/${webhookId}/export`, {
    headers: await keyOf(gateway),
    signal: abort.signal,
  });
  await answer.body?.getReader().read();
  expect(partFiles(gateway)).toHaveLength(1);
  abort.abort();
  await until(() => partFiles(gateway).length === 0);
  await gateway.stop();
  const leftover = join(gateway.folder, "data", `transfer-${crypto.randomUUID()}.part`);
  await Bun.write(leftover, "half");
  await gateway.start();
  expect(existsSync(leftover)).toBe(false);
});
