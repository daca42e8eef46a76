/** Data that a user cannot get at is told from data that is missing or damaged. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTestFolder } from "../../support/folder.ts";
import { runCommand } from "../../support/run-command.ts";

/** The superuser may read everything. */
const asUser = process.geteuid?.() !== 0;

let folder: string;
let environment: Record<string, string>;

const path = (name: string) => join(folder, name);
const run = (words: string) => runCommand(words.split(" "), { environment });

beforeEach(async () => {
  folder = makeTestFolder("reachable");
  environment = { DBURL: path("webhooker.db"), DATA_DIR: path("events") };
  await runCommand(["user", "add", "admin"], { environment, stdin: "correct horse battery staple" });
  mkdirSync(path("events"));
});

afterEach(() => {
  for (const name of ["events", ""]) chmodSync(path(name), 0o700);
  rmSync(folder, { recursive: true });
});

const COMMANDS = ["serve", "check", "user list", "backup copy", "export a b.db", "secret-key rotate"];

describe("commands in one sentence and without a stack", () => {
  test.each(COMMANDS)("say that DATA_DIR is not a folder: %s", async (words) => {
    rmSync(path("events"), { recursive: true });
    writeFileSync(path("events"), "");
    const { code, err } = await run(words);
    const told = [
      `webhooker: ${path("events")} is not a folder.`,
      "Set DATA_DIR to the folder of the event files.",
    ];
    expect([code, ...err]).toEqual([1, ...told]);
  });

  test.each(COMMANDS)("say which path cannot be read: %s", async (words) => {
    // As a folder of another user, this one cannot be read by the superuser either.
    rmSync(path("webhooker.db"));
    symlinkSync(path("webhooker.db"), path("webhooker.db"));
    const { code, err } = await run(words);
    const told = `webhooker: This user cannot read ${path("webhooker.db")} (ELOOP).`;
    expect([code, err[0]]).toEqual([1, told]);
    expect(err[1]).toStartWith("Run commands as the user of the gateway, or as root.");
    expect(err).toHaveLength(2);
    rmSync(path("webhooker.db"));
  });

  test.if(asUser).each(COMMANDS)("say that the folder is another user's: %s", async (words) => {
    chmodSync(path("events"), 0);
    const { code, err } = await run(words);
    expect([code, err[0]]).toEqual([1, `webhooker: This user cannot read ${path("events")} (EACCES).`]);
  });
});

test.if(asUser)("a check says that a file may not be read, and not that it is damaged", async () => {
  chmodSync(folder, 0o500);
  const { code, out } = await run("check");
  expect([code, out]).toEqual([1, ["main database: this user may not read it, or not write to its folder"]]);
});
