/** A folder with a gateway's data and one user, for tests of commands on it. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeTestFolder } from "./folder.ts";
import { runCommand } from "./run-command.ts";

export type CommandFolder = Awaited<ReturnType<typeof makeCommandFolder>>;

/** Has the main database `webhooker.db`, the empty folder `events` of event files, and the user `admin`. */
export async function makeCommandFolder(name: string) {
  const folder = makeTestFolder(name);
  const path = (within: string) => join(folder, within);
  const environment = { DBURL: path("webhooker.db"), DATA_DIR: path("events") };
  const run = (words: readonly string[], stdin = "") => runCommand(words, { environment, stdin });
  await run(["user", "add", "admin"], "correct horse battery staple");
  mkdirSync(path("events"));
  return { path, run, remove: () => rmSync(folder, { recursive: true }) };
}
