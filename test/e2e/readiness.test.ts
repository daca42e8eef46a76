import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Gateway, makeFolder } from "../support/gateway.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

// The reserve is larger than one disk and smaller than the other.
const disks = mayMount()
  ? [
      { megabytes: 64, ready: 503, body: { status: "unavailable", reason: "low disk space" } },
      { megabytes: 1_024, ready: 200, body: { status: "ok" } },
    ]
  : [];

for (const { megabytes, ready, body } of disks) {
  test(`/readyz responds ${ready} with ${megabytes} MB free, and events are stored regardless`, async () => {
    const folder = makeFolder();
    const data = join(folder, "data");
    mountSmallDisk(data, megabytes);
    const gateway = new Gateway(folder, { env: { LOG_LEVEL: "debug" } });
    try {
      await gateway.start();
      const response = await fetch(`${gateway.origin}/readyz`);
      expect([response.status, await response.json()]).toEqual([ready, body]);
      expect(await gateway.api.isHealthy()).toBe(true);
      const { entrypointId } = await gateway.api.setUpWebhook();
      const answer = await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "kept" });
      expect(answer.status).toBe(200);
      const { out } = await gateway.stop();
      expect(out.includes("free space is below the reserve")).toBe(ready === 503);
    } finally {
      unmountSmallDisk(data);
      await gateway.remove();
    }
  });
}
