/** Exports and imports refuse what they could only do in part, or not at all. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTestFolder } from "../support/folder.ts";
import { runCommand } from "../support/run-command.ts";

let folder: string;
let environment: Record<string, string>;

const path = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = makeTestFolder("transfer-commands");
  environment = { DBURL: path("webhooker.db"), DATA_DIR: path("events") };
  await runCommand(["user", "add", "admin"], { environment, stdin: "correct horse battery staple" });
  mkdirSync(path("events"));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function errorsOf(words: readonly string[]): Promise<readonly string[]> {
  const { code, err } = await runCommand(words, { environment });
  expect(code).toBe(1);
  return err;
}

test("a passphrase is refused where no secrets are asked for", async () => {
  for (const name of ["file", "passphrase"]) writeFileSync(path(name), "a long passphrase");
  const passphrase = ["--passphrase-file", path("passphrase")];
  const told = [
    "webhooker: --passphrase-file is of use with --with-secrets only.",
    "Add --with-secrets, or leave the passphrase out.",
  ];
  expect(await errorsOf(["export", "orders", path("orders.db"), ...passphrase])).toEqual(told);
  expect(existsSync(path("orders.db"))).toBe(false);
  expect(await errorsOf(["import", path("file"), "--user", "admin", ...passphrase])).toEqual(told);
});

test("a file to import that is missing, unreadable or none is named without a stack", async () => {
  symlinkSync(path("loop"), path("loop"));
  const importing = (name: string) => errorsOf(["import", path(name), "--user", "admin"]);
  expect(await importing("missing")).toEqual([`webhooker: The file ${path("missing")} does not exist.`]);
  expect(await importing("loop")).toEqual([`webhooker: The file ${path("loop")} cannot be read (ELOOP).`]);
  expect(await importing("events")).toEqual([`webhooker: ${path("events")} is not a file.`]);
});
