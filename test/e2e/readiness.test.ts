import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Gateway, makeFolder } from "../support/gateway.ts";

// Starts processes; only a machine that hangs takes this long.
setDefaultTimeout(120_000);

function mount(folder: string, megabytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  const command = ["mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder];
  return process.platform === "linux" && Bun.which("mount") !== null && Bun.spawnSync(command).success;
}

function unmount(folder: string): void {
  Bun.spawnSync(["umount", "--lazy", folder]);
}

/** Only the superuser may mount; the watching itself is tested for everybody beside it. */
function mayMount(): boolean {
  const folder = makeFolder();
  const mounted = mount(folder, 1);
  if (mounted) unmount(folder);
  rmSync(folder, { recursive: true });
  return mounted;
}

// The reserve is larger than the one disk and smaller than the other.
const disks = mayMount()
  ? [
      { megabytes: 64, ready: 503, body: { status: "unavailable", reason: "low disk space" } },
      { megabytes: 1_024, ready: 200, body: { status: "ok" } },
    ]
  : [];

for (const { megabytes, ready, body } of disks) {
  test(`/readyz answers ${ready} with ${megabytes} MB free, and events are stored all the same`, async () => {
    const folder = makeFolder();
    const data = join(folder, "data");
    mount(data, megabytes);
    const gateway = new Gateway(folder, { env: { LOG_LEVEL: "debug" } });
    try {
      await gateway.start();
      const response = await fetch(`${gateway.origin}/readyz`);
      expect([response.status, await response.json()]).toEqual([ready, body]);
      expect(await gateway.api.isHealthy()).toBe(true);
      const { entrypointId } = await gateway.api.createFlow();
      const answer = await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "kept" });
      expect(answer.status).toBe(200);
      const { out } = await gateway.stop();
      expect(out.includes("the disk's reserve is touched")).toBe(ready === 503);
    } finally {
      unmount(data);
      await gateway.remove();
    }
  });
}
