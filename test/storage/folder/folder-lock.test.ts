/** One process at a time uses a data folder. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "../../../src/storage/folder/folder-lock.ts";
import { appErrorOf } from "../../support/thrown.ts";

let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "webhooker-lock-")), "data");
});

afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

test("a second lock is refused with a hint, and granted once the first is released", async () => {
  const unlock = lockFolder(folder);
  const error = await appErrorOf(() => lockFolder(folder));
  expect(error).toMatchObject({ kind: "conflict", code: "folder_in_use" });
  expect(error.message).toContain(folder);
  expect(error.hint).toContain("DATA_DIR");
  unlock();
  lockFolder(folder)();
});

test("a lock survives garbage collection, though nobody keeps its release function", async () => {
  // In its own function, as this frame would keep the connection alive.
  (() => void lockFolder(folder))();
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    Bun.gc(true);
  }
  expect((await appErrorOf(() => lockFolder(folder))).code).toBe("folder_in_use");
});

test("a lock ends with its process, even if it was killed", async () => {
  const script = `const { lockFolder } = await import(${JSON.stringify(join(import.meta.dir, "../../../src/storage/folder/folder-lock.ts"))});
    lockFolder(${JSON.stringify(folder)}); console.log("locked"); setInterval(() => {}, 1_000);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  const { value } = await child.stdout.getReader().read();
  expect(Buffer.from(value ?? []).toString()).toBe("locked\n");
  expect((await appErrorOf(() => lockFolder(folder))).code).toBe("folder_in_use");
  child.kill("SIGKILL");
  await child.exited;
  lockFolder(folder)();
});

test("a path that cannot be a folder is refused with its name", async () => {
  const file = join(folder, "..", "file");
  writeFileSync(file, "");
  const error = await appErrorOf(() => lockFolder(join(file, "data")));
  expect(error).toMatchObject({ kind: "unavailable", code: "folder_unusable" });
  expect(error.message).toContain(file);
  expect(existsSync(join(file, "data"))).toBe(false);
});
