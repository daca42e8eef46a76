/** Commits block the event loop for a few milliseconds at a time, however many files and writes there are. */
import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { createStorageWorld, type StorageWorld } from "./storage-world.ts";

let world: StorageWorld;
/** Number of commits in each turn of the event loop. */
let turns: number[];
let endTurns: () => void;

beforeEach(() => {
  world = createStorageWorld();
  turns = [0];
  let next = setImmediate(function count() {
    turns.push(0);
    next = setImmediate(count);
  });
  endTurns = () => clearImmediate(next);
});

afterEach(async () => {
  endTurns();
  await world.dispose();
});

/** An open file whose every commit takes 1 ms. */
async function slowFile(): Promise<string> {
  const webhookId = newId();
  await world.files.create(webhookId);
  const { commit } = world.files.open(webhookId);
  const run = commit.run.bind(commit);
  spyOn(commit, "run").mockImplementation(() => {
    turns[turns.length - 1] = (turns.at(-1) ?? 0) + 1;
    world.clock.advance(1);
    return run();
  });
  return webhookId;
}

test("no more than 2 ms of one turn go into commits to different files", async () => {
  const webhookIds: string[] = [];
  for (let n = 0; n < 20; n++) webhookIds.push(await slowFile());
  const before = turns.length;
  await Promise.all(webhookIds.map((webhookId) => world.append({ webhookId })));
  const made = turns.slice(before).filter((commits) => commits > 0);
  expect(Math.max(...made)).toBe(2);
  expect(made.reduce((sum, commits) => sum + commits, 0)).toBe(20);
});

test("writes that gathered during syncs are committed over several turns too, when all syncs end at once", async () => {
  const webhookIds: string[] = [];
  for (let n = 0; n < 20; n++) webhookIds.push(await slowFile());
  const syncs: (() => void)[] = [];
  const spies = webhookIds.map((webhookId) =>
    spyOn(world.files.open(webhookId), "syncWal").mockImplementation(
      () => new Promise((resolve) => syncs.push(resolve)),
    ),
  );
  const all: Promise<unknown>[] = [];
  // Two groups of each file are under way; the third one gathers.
  for (let group = 1; group <= 3; group++) {
    for (const webhookId of webhookIds) all.push(world.append({ webhookId }));
    const expected = Math.min(2, group) * webhookIds.length;
    while (syncs.length < expected) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const each of spies) each.mockImplementation(() => Promise.resolve());
  const before = turns.length - 1;
  for (const end of syncs) end();
  await Promise.all(all);
  expect(Math.max(...turns.slice(before))).toBe(2);
});

test("a crowd of writes to one file becomes several transactions, and keeps its order", async () => {
  const webhookId = await slowFile();
  const events = await Promise.all(Array.from({ length: 600 }, () => world.append({ webhookId })));
  expect(turns.reduce((sum, commits) => sum + commits, 0)).toBe(3);
  expect(world.storedIds(webhookId)).toEqual(events.map(({ id }) => id));
});
