/** Responses with temporary files. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { temporaryFileResponse } from "../../src/http/temporary-file.ts";
import { thrownBy } from "../support/thrown.ts";

const directory = mkdtempSync(join(tmpdir(), "webhooker-temporary-"));
afterAll(() => rmSync(directory, { recursive: true }));

async function respond(path: string) {
  const discarded: string[] = [];
  const discard = async (each: string) => void discarded.push(each);
  const contentType = "application/vnd.sqlite3";
  return {
    response: await temporaryFileResponse({ path, fileName: "a.db", contentType, discard }),
    discarded,
  };
}

test("the file is discarded once it is read, and not before", async () => {
  const path = join(directory, "whole");
  writeFileSync(path, "content");
  const { response, discarded } = await respond(path);
  expect(discarded).toEqual([]);
  expect(await response.text()).toBe("content");
  expect(discarded).toEqual([path]);
});

test("the file is discarded when the client goes away", async () => {
  const path = join(directory, "left");
  writeFileSync(path, "content".repeat(100_000));
  const { response, discarded } = await respond(path);
  await response.body?.cancel();
  expect(discarded).toEqual([path]);
});

test("the file is discarded if it cannot be read", async () => {
  // A folder can be opened, and not be read.
  const { response, discarded } = await respond(directory);
  expect(await thrownBy(() => response.bytes())).toMatchObject({ code: "EISDIR" });
  expect(discarded).toEqual([directory]);
});
