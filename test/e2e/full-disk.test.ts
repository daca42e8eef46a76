/** A disk that fills up under load and is freed again: nothing acknowledged is lost, and no intervention is needed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Gateway, makeFolder } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";
import { until } from "../support/until.ts";
import { Load, listUndelivered } from "./load.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const MIB = 1024 * 1024;
const DISK_MIB = 256;
/** Space left for events next to the filler; less than the gateway's reserve. */
const LEFT_MIB = 6;
const SENDERS = 8;

/** Needs permission to mount; test/storage/disk-reserve.test.ts tests the reserve without it. */
const places = mayMount() ? ["a small disk"] : [];

for (const place of places) {
  test(`on ${place} that fills under load and is freed, nothing acknowledged is lost, and deletion always works`, async () => {
    const folder = makeFolder();
    const data = join(folder, "data");
    mountSmallDisk(data, DISK_MIB);
    const receiver = await startReceiver();
    const gateway = new Gateway(folder);
    const reserve = join(data, "webhooker.reserve");
    const filler = join(data, "filler");
    try {
      await gateway.start();
      const http = { type: "http", config: { url: receiver.url } };
      const setups = [await gateway.api.setUpWebhook([http]), await gateway.api.setUpWebhook([http])];
      const doomed = await gateway.api.setUpWebhook([http]);
      const post = (entrypointId: string, body: string) =>
        fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body });
      expect((await post(doomed.entrypointId, "x".repeat(MIB))).status).toBe(200);
      await until(() => existsSync(reserve));

      const load = new Load();
      const running = load.run({ gateway, setups, senders: SENDERS });
      await load.waitFor(50);
      const { bavail, bsize } = statfsSync(data);
      writeFileSync(filler, Buffer.alloc(bavail * bsize - LEFT_MIB * MIB));
      const [setup] = setups;
      await until(async () => {
        const answer = await post(setup?.entrypointId ?? "", "one more");
        await answer.text();
        if (answer.status === 200) return false;
        expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "30"]);
        return true;
      });
      expect(existsSync(reserve)).toBe(false);
      expect(await gateway.api.isHealthy()).toBe(true);
      expect((await fetch(`${gateway.origin}/readyz`)).status).toBe(503);
      expect((await gateway.api.request("DELETE", `/webhooks/${doomed.webhookId}`)).status).toBe(204);
      // Results are stored in the reserved space.
      for (const { webhookId } of setups) await until(async () => !(await gateway.api.hasPending(webhookId)));

      const before = load.acknowledged.length;
      rmSync(filler);
      await load.waitFor(before + 50);
      await until(() => existsSync(reserve));
      await gateway.kill9();
      await running;
      await gateway.start();
      expect(await listUndelivered({ gateway, load, setups, received: receiver.requests })).toEqual([]);
      expect((await gateway.run(["check"])).code).toBe(0);
    } finally {
      unmountSmallDisk(data);
      await gateway.remove();
      await receiver.close();
    }
  });
}
