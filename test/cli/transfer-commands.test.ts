/** Exports and imports refuse what they could only do in part, or not at all. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { type CommandFolder, makeCommandFolder } from "../support/command-folder.ts";

let folder: CommandFolder;

beforeEach(async () => {
  folder = await makeCommandFolder("transfer-commands");
});

afterEach(() => folder.remove());

async function errorsOf(words: readonly string[]): Promise<readonly string[]> {
  const { code, err } = await folder.run(words);
  expect(code).toBe(1);
  return err;
}

test("a passphrase is refused where no secrets are asked for", async () => {
  for (const name of ["file", "passphrase"]) writeFileSync(folder.path(name), "a long passphrase");
  const passphrase = ["--passphrase-file", folder.path("passphrase")];
  const told = [
    "webhooker: --passphrase-file is of use with --with-secrets only.",
    "Add --with-secrets, or leave the passphrase out.",
  ];
  expect(await errorsOf(["export", "orders", folder.path("orders.db"), ...passphrase])).toEqual(told);
  expect(existsSync(folder.path("orders.db"))).toBe(false);
  expect(await errorsOf(["import", folder.path("file"), "--user", "admin", ...passphrase])).toEqual(told);
});

test("a file to import that is missing, unreadable or none is named without a stack", async () => {
  symlinkSync(folder.path("loop"), folder.path("loop"));
  const importing = (name: string) => errorsOf(["import", folder.path(name), "--user", "admin"]);
  expect(await importing("missing")).toEqual([
    `webhooker: The file ${folder.path("missing")} does not exist.`,
  ]);
  expect(await importing("loop")).toEqual([
    `webhooker: The file ${folder.path("loop")} cannot be read (ELOOP).`,
  ]);
  expect(await importing("events")).toEqual([`webhooker: ${folder.path("events")} is not a file.`]);
});
