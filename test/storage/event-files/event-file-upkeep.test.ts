/** The worker answers every request, or rejects it; a broken worker is replaced. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startEventFileUpkeep } from "../../../src/storage/event-files/event-file-upkeep.ts";
import { thrownBy } from "../../support/thrown.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-upkeep-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

test("a request that fails rejects alone", async () => {
  const upkeep = startEventFileUpkeep();
  const missing = join(folder, "missing.db");
  const failed = thrownBy(() => upkeep.checkpoint(missing));
  await upkeep.syncFolder(folder);
  expect(await failed).toBeInstanceOf(Error);
  expect(await thrownBy(() => upkeep.restartWal(missing))).toBeInstanceOf(Error);
  expect(await thrownBy(() => upkeep.syncFolder(missing))).toBeInstanceOf(Error);
  upkeep.stop();
});

test("a file is created and its WAL begun before it is opened, and kept open until then", async () => {
  const upkeep = startEventFileUpkeep();
  const path = join(folder, "events.db");
  let found: readonly string[] = [];
  await upkeep.prepare(path, () => {
    found = readdirSync(folder);
  });
  expect(found).toEqual(expect.arrayContaining(["events.db", "events.db-wal"]));
  // The worker closes the file last; its next answer comes after that.
  await upkeep.syncFolder(folder);
  expect(readdirSync(folder)).toEqual(["events.db"]);
  upkeep.stop();
});

test("a file is opened even if the worker cannot prepare it, and the error of opening it is thrown", async () => {
  const upkeep = startEventFileUpkeep();
  const opened = upkeep.prepare(join(folder, "missing", "events.db"), () => {
    throw new Error("there is no such folder");
  });
  expect(String(await thrownBy(() => opened))).toContain("no such folder");
  upkeep.stop();
});

test("a file is closed even if the worker cannot keep it open", async () => {
  const upkeep = startEventFileUpkeep();
  let isClosed = false;
  const retired = upkeep.retire(join(folder, "missing.db"), () => {
    isClosed = true;
  });
  expect(await thrownBy(() => retired)).toBeInstanceOf(Error);
  expect(isClosed).toBe(true);
  upkeep.stop();
});

test.each([
  { way: "breaks", code: `throw new Error("out of order")`, told: "out of order" },
  { way: "ends without an error", code: "process.exit(0)", told: "has ended" },
])("a worker that $way rejects what waits for it, and the next request gets another one", async (end) => {
  const script = join(folder, `worker-that-${end.way.replaceAll(" ", "-")}.ts`);
  writeFileSync(
    script,
    `self.onmessage = ({ data }) => {
       if (data.kind === "scan") setTimeout(() => { ${end.code}; });
       else self.postMessage({ id: data.id, value: null, error: null });
     };`,
  );
  const upkeep = startEventFileUpkeep({ script: pathToFileURL(script) });
  await upkeep.syncFolder(folder);
  expect(String(await thrownBy(() => upkeep.scan([])))).toContain(end.told);
  await upkeep.syncFolder(folder);
  upkeep.stop();
});

test("after the stop every request is refused at once", async () => {
  const upkeep = startEventFileUpkeep();
  const waiting = thrownBy(() => upkeep.syncFolder(folder));
  upkeep.stop();
  expect(await waiting).toBeInstanceOf(Error);
  expect(await thrownBy(() => upkeep.syncFolder(folder))).toBeInstanceOf(Error);
});
