/** Commands of the superuser leave files that the gateway's user can open. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { makeTestFolder } from "../../support/folder.ts";
import { runCommand } from "../../support/run-command.ts";

const USER = 12_345;
const GROUP = 12_346;
/** Only the superuser may make files for others. */
const asSuperuser = process.geteuid?.() === 0;

let folder: string;
let environment: Record<string, string>;

beforeEach(() => {
  folder = makeTestFolder("data-owner");
  environment = { DBURL: join(folder, "state", "webhooker.db"), DATA_DIR: join(folder, "state", "events") };
  for (const path of [join(folder, "state"), join(folder, "state", "events")]) {
    mkdirSync(path);
    chownSync(path, USER, GROUP);
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

async function run(words: string, stdin = ""): Promise<void> {
  const { code, err } = await runCommand(words.split(" "), { environment, stdin });
  expect([code, code === 0 ? "" : err.join("\n")]).toEqual([0, ""]);
}

/** Paths in the folder of the data that are not its user's. */
function others(): readonly string[] {
  const names = readdirSync(join(folder, "state"), { recursive: true }).map(String);
  return names.filter((name) => {
    const { uid, gid } = statSync(join(folder, "state", name));
    return uid !== USER || gid !== GROUP;
  });
}

describe.if(asSuperuser)("a command of the superuser, in another user's data folder", () => {
  test("gives this user the databases, folders and keys that it makes", async () => {
    await run("user add admin", "correct horse battery staple");
    expect(others()).toEqual([]);
    await run("secret-key rotate");
    expect(readdirSync(join(folder, "state"))).toContain("webhooker.key.old");
    await run(`backup ${join(folder, "backup")} --with-key`);
    expect(readdirSync(join(folder, "state", "events"))).toContain("last-backup.json");
    expect(others()).toEqual([]);

    for (const name of readdirSync(join(folder, "state")))
      rmSync(join(folder, "state", name), { recursive: true });
    await run(`restore ${join(folder, "backup")}`);
    expect(readdirSync(join(folder, "state")).toSorted()).toEqual([
      "events",
      "webhooker.db",
      "webhooker.key",
    ]);
    expect(others()).toEqual([]);
  });

  test("gives away no file that a link leads to, and none that is not the gateway's", async () => {
    await run("user add admin", "correct horse battery staple");
    const secret = join(folder, "secret");
    const linked = join(folder, "linked");
    for (const path of [secret, linked, join(folder, "state", "notes")]) writeFileSync(path, "root's");
    symlinkSync(secret, join(folder, "state", "events", "events-a.db"));
    linkSync(linked, join(folder, "state", "events", "events-b.db"));
    await run("apikey create --user admin --name test");
    expect([secret, linked, join(folder, "state", "notes")].map((path) => statSync(path).uid)).toEqual([
      0, 0, 0,
    ]);
  });
});
