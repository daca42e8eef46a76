/** A user who may not read the data of the gateway's user. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { executable, makeFolder, runExecutable } from "../support/gateway.ts";

/** Becomes this user before it runs the command, if it may: the superuser could read everything. */
const AS_USER = `
if (process.geteuid() === 0) { process.setgid(12345); process.setuid(12345); }
const { exitCode } = Bun.spawnSync(process.argv.slice(1), { stdio: ["ignore", "inherit", "inherit"] });
process.exit(exitCode);`;

let folder: string;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = makeFolder();
  // The other user may not even look into the folder that the executable is in.
  copyFileSync(executable(), path("webhooker"));
  chmodSync(path("webhooker"), 0o755);
  const stdin = "correct horse battery staple";
  const { code } = await runExecutable({ args: ["user", "add", "admin"], folder, env: variables(), stdin });
  expect(code).toBe(0);
  chmodSync(folder, 0o755);
  mkdirSync(path("events"), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

function variables(): Record<string, string> {
  return { DBURL: path("webhooker.db"), DATA_DIR: path("events") };
}

function run(...words: string[]) {
  const args = ["-e", AS_USER, path("webhooker"), ...words];
  return runExecutable({ program: process.execPath, args, folder, env: variables() });
}

test("is told which path cannot be read, by the gateway and by commands", async () => {
  chmodSync(path("webhooker.db"), 0o200);
  for (const words of [["serve"], ["check"], ["user", "list"], ["backup", path("copy")]]) {
    const { code, err } = await run(...words);
    expect([words, code, err.split("\n")[0]]).toEqual([
      words,
      1,
      `webhooker: This user cannot read ${path("webhooker.db")} (EACCES).`,
    ]);
  }
});

test("who may read a database, but not write to its folder, is not told that it is damaged", async () => {
  chmodSync(path("webhooker.db"), 0o444);
  chmodSync(folder, 0o555);
  const { code, out } = await run("check");
  expect([code, out]).toEqual([
    1,
    expect.stringContaining("main database: this user may not read it, or not write to its folder"),
  ]);
  chmodSync(folder, 0o755);
});
