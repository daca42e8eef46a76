/** Data that a user cannot get at is told from data that is missing or damaged. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type CommandFolder, makeCommandFolder } from "../../support/command-folder.ts";

let folder: CommandFolder;

beforeEach(async () => {
  folder = await makeCommandFolder("reachable");
});

afterEach(() => folder.remove());

/** The superuser may read what is another user's, but cannot follow a link to itself either. */
function becomeUnreadable(at: string): void {
  rmSync(at, { recursive: true, force: true });
  symlinkSync(at, at);
}

const COMMANDS = ["serve", "check", "user list", "backup copy", "export a b.db", "secret-key rotate"];

describe("commands in one sentence and without a stack", () => {
  test.each(COMMANDS)("say that DATA_DIR is not a folder: %s", async (words) => {
    rmSync(folder.path("events"), { recursive: true });
    writeFileSync(folder.path("events"), "");
    const { code, err } = await folder.run(words.split(" "));
    const told = [
      `webhooker: ${folder.path("events")} is not a folder.`,
      "Set DATA_DIR to the folder of the event files.",
    ];
    expect([code, ...err]).toEqual([1, ...told]);
  });

  test.each(COMMANDS.flatMap((words) => ["webhooker.db", "events"].map((name) => [words, name] as const)))(
    "say which path cannot be read: %s, %s",
    async (words, name) => {
      becomeUnreadable(folder.path(name));
      const { code, err } = await folder.run(words.split(" "));
      expect([code, err[0]]).toEqual([1, `webhooker: This user cannot read ${folder.path(name)} (ELOOP).`]);
      expect(err[1]).toStartWith("Run commands as the user of the gateway, or as root.");
      expect(err).toHaveLength(2);
    },
  );
});
