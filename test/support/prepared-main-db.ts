/** Puts a main database of the newest schema in place, made once per process: its migrations take longer than most tests. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openMainDbFile } from "../../src/storage/main-db/file/main-db-file.ts";
import { makeTestFolder } from "./folder.ts";

let prepared: Uint8Array | null = null;

export function placeMainDb(path: string): void {
  prepared ??= prepare();
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, prepared, { mode: 0o600 });
}

function prepare(): Uint8Array {
  const folder = makeTestFolder("prepared");
  const path = join(folder, "webhooker.db");
  openMainDbFile({ path, checkpointPages: 0, keepsWals: false }).close(true);
  const bytes = readFileSync(path);
  rmSync(folder, { recursive: true });
  return bytes;
}
