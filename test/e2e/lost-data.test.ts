/** Data that is moved, deleted, replaced or not mounted: acknowledged events can be found, and faults are reported. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { webhookSchema } from "../../src/api/schemas.ts";
import type { WebhookSetup } from "../support/api-client.ts";
import { Gateway, makeFolder } from "../support/gateway.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";
import { until } from "../support/until.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

let gateway: Gateway;
let events: string;
let setup: WebhookSetup;

beforeEach(async () => {
  const env = { DATA_DIR: "./events", DBURL: "./main/main.db" };
  gateway = new Gateway(makeFolder(), { env });
  events = join(gateway.folder, "events");
  await gateway.start();
  setup = await gateway.api.setUpWebhook([{ type: "database" }]);
});
afterEach(() => gateway.remove());

async function post(entrypointId = setup.entrypointId): Promise<Response> {
  return fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "kept" });
}

/** Sends until an event is not stored; resolves with the ids of stored ones, and the refusal. */
async function postUntilRefused() {
  const acknowledged: string[] = [];
  for (;;) {
    const answer = await post();
    if (answer.status !== 200) return { acknowledged, answer };
    acknowledged.push(answer.headers.get("x-webhooker-event-id") ?? "");
  }
}

async function postUntilStored(): Promise<void> {
  await until(async () => (await post()).status === 200);
}

describe("a running gateway", () => {
  test("whose data folder is replaced responds 503, says why, and continues once it is back, with everything acknowledged", async () => {
    const first = (await post()).headers.get("x-webhooker-event-id") ?? "";
    renameSync(events, `${events}.away`);
    mkdirSync(events);
    const { acknowledged, answer } = await postUntilRefused();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "30"]);
    await gateway.waitForLog(/ERROR .*the data folder is not where it was/);
    const ready = await fetch(`${gateway.origin}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: "unavailable", reason: "the data folder is out of reach" },
    ]);
    expect(await gateway.api.isHealthy()).toBe(true);
    expect((await gateway.api.request("POST", "/webhooks", { name: "Other" })).status).toBe(503);
    expect(readdirSync(events)).toEqual([]);

    rmSync(events, { recursive: true });
    renameSync(`${events}.away`, events);
    await postUntilStored();
    await gateway.waitForLog(/the data folder is back/);
    expect((await fetch(`${gateway.origin}/readyz`)).status).toBe(200);
    const ids = (await gateway.api.listEvents(setup.webhookId)).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([first, ...acknowledged]));
    expect((await gateway.run(["check"])).code).toBe(0);
  });

  test("whose data folder is deleted keeps running, stores nothing, and stops cleanly", async () => {
    expect((await post()).status).toBe(200);
    rmSync(events, { recursive: true });
    expect((await postUntilRefused()).answer.status).toBe(503);
    expect(await gateway.api.isHealthy()).toBe(true);
    expect((await gateway.stop()).code).toBe(0);
    expect(existsSync(events)).toBe(false);
  });
});

describe("a start", () => {
  test("is refused if the event files are missing, and nothing is created; following the hint works", async () => {
    await gateway.stop();
    renameSync(events, `${events}.away`);
    mkdirSync(events);
    const refused = await gateway.run(["serve"], { env: { PORT: "0" } });
    expect([refused.code, refused.out, readdirSync(events)]).toEqual([1, "", []]);
    expect(refused.err).toContain("has never held their event files");
    const lockPath = /create the file (\S+)\. /.exec(refused.err)?.[1] ?? "";
    await Bun.write(join(gateway.folder, lockPath), "");
    await gateway.start();
    expect((await post()).status).toBe(200);
  });

  test("is refused if the main database is missing, and none is created", async () => {
    await gateway.stop();
    rmSync(join(gateway.folder, "main"), { recursive: true });
    const refused = await gateway.run(["serve"], { env: { PORT: "0" } });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("There is no main database at");
    expect(existsSync(join(gateway.folder, "main"))).toBe(false);
  });

  test("reports missing event files, creates empty ones, and shows it prominently", async () => {
    const other = await gateway.api.setUpWebhook([{ type: "database" }]);
    await gateway.stop();
    rmSync(join(events, `events-${setup.webhookId}.db`));
    const checked = await gateway.run(["check"]);
    expect(checked.out).toContain(`events-${setup.webhookId}.db: the file of this webhook is missing`);
    await gateway.start();
    expect(gateway.log).toMatch(new RegExp(`ERROR .*event files are missing.*${setup.webhookId}`));
    for (const { entrypointId } of [setup, other]) expect((await post(entrypointId)).status).toBe(200);
    expect(gateway.log).toMatch(
      new RegExp(`ERROR .*was missing, and an empty one was created.*${setup.webhookId}`),
    );
    const lostAt = async (id: string) => {
      const answer = await gateway.api.request("GET", `/webhooks/${id}`);
      return webhookSchema.parse(await answer.json()).events_lost_at;
    };
    expect(await lostAt(setup.webhookId)).toBeString();
    expect(await lostAt(other.webhookId)).toBeNull();
    await gateway.api.request("PATCH", `/webhooks/${setup.webhookId}`, { events_lost_at: null });
    expect(await lostAt(setup.webhookId)).toBeNull();
  });

  test("with another secret key reports it if there are secrets", async () => {
    const verification = { type: "github", config: { secret: "hush" } };
    const path = `/webhooks/${setup.webhookId}/entrypoints/${setup.entrypointId}`;
    expect((await gateway.api.request("PATCH", path, { verification })).status).toBe(200);
    await gateway.stop();
    rmSync(join(gateway.folder, "main", "webhooker.key"));
    await gateway.start();
    expect(gateway.log).toMatch(/ERROR .*the stored secrets were encrypted with another secret key/);
    expect((await post()).status).toBe(503);
  });
});

/** Empty without permission to mount; the tests above cover detection without it. */
const disks = mayMount() ? ["a disk"] : [];

test.each(disks)(
  "%s that cannot be written to stops a start with the reason, and one unmounted under a gateway gets nothing",
  async () => {
    const folder = makeFolder();
    const data = join(folder, "data");
    mountSmallDisk(data, 600);
    const onDisk = new Gateway(folder);
    try {
      Bun.spawnSync(["mount", "-o", "remount,ro", data]);
      const refused = await onDisk.run(["serve"], { env: { PORT: "0" } });
      expect([refused.code, refused.out]).toEqual([1, ""]);
      expect(refused.err).toContain("Set DATA_DIR to a folder that this user can write to");
      Bun.spawnSync(["mount", "-o", "remount,rw", data]);
      await onDisk.start();
      const { entrypointId } = await onDisk.api.setUpWebhook([{ type: "database" }]);
      const send = () => fetch(onDisk.entrypointUrl(entrypointId), { method: "POST", body: "kept" });
      expect((await send()).status).toBe(200);
      unmountSmallDisk(data);
      let status = 200;
      while (status === 200) ({ status } = await send());
      expect(status).toBe(503);
      expect((await onDisk.stop()).code).toBe(0);
      expect(readdirSync(data)).toEqual([]);
    } finally {
      unmountSmallDisk(data);
      await onDisk.remove();
    }
  },
);
