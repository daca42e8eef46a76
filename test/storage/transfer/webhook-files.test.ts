import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createWebhookFiles } from "../../../src/storage/transfer/webhook-files.ts";
import { makeTestFolder } from "../../support/folder.ts";

let folder: string;
beforeEach(() => {
  folder = makeTestFolder("files");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An upload of two pieces; the second comes once `end` is called. */
function slowFile() {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  async function* chunks() {
    yield Buffer.from("first ");
    begun.resolve();
    await ended.promise;
    yield Buffer.from("second");
  }
  return { chunks: chunks(), begun: begun.promise, end: ended.resolve, breakOff: ended.reject };
}

test("slow uploads take no slot, and arrive whole", async () => {
  const files = createWebhookFiles(folder);
  const uploads = Array.from({ length: 5 }, slowFile);
  const received = uploads.map(({ chunks }) => files.receive(chunks, 12));
  await Promise.all(uploads.map(({ begun }) => begun));
  const other = join(folder, "other");
  writeFileSync(other, "no database");
  // As many reads as may run at once; that the file is no export does not matter here.
  const look = () => files.read(other).catch(({ code }: { code: string }) => code);
  expect(await Promise.all([look(), look()])).toEqual(["not_an_export", "not_an_export"]);
  for (const { end } of uploads) end();
  for (const path of await Promise.all(received)) expect(readFileSync(path, "utf8")).toBe("first second");
});

test("an interrupted upload leaves no file", async () => {
  const upload = slowFile();
  const received = createWebhookFiles(folder).receive(upload.chunks, 12);
  await upload.begun;
  upload.breakOff(new Error("gone"));
  expect(await received.catch(({ message }: Error) => message)).toBe("gone");
  expect(readdirSync(folder)).toEqual([]);
});
