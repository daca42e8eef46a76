/** Data that a user cannot get at is told from data that is missing or damaged. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTestFolder } from "../../support/folder.ts";
import { runCommand } from "../../support/run-command.ts";

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

afterEach(() => rmSync(folder, { recursive: true }));

/** The superuser may read what is another user's, but cannot follow a link to itself either. */
function becomeUnreadable(at: string): void {
  rmSync(at, { recursive: true, force: true });
  symlinkSync(at, at);
}

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

  test.each(COMMANDS.flatMap((words) => ["webhooker.db", "events"].map((name) => [words, name] as const)))(
    "say which path cannot be read: %s, %s",
    async (words, name) => {
      becomeUnreadable(path(name));
      const { code, err } = await run(words);
      expect([code, err[0]]).toEqual([1, `webhooker: This user cannot read ${path(name)} (ELOOP).`]);
      expect(err[1]).toStartWith("Run commands as the user of the gateway, or as root.");
      expect(err).toHaveLength(2);
    },
  );
});
