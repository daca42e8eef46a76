/** A node of a cluster that leads, is deposed, and has to be opened anew. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { type ClusterMember, createClusterMember } from "../../../src/server/cluster/member.ts";
import type { StartOver } from "../../../src/server/cluster/seat.ts";
import { createImportedFiles } from "../../../src/storage/cluster/imported-files.ts";
import type { StagedSeed } from "../../../src/storage/cluster/seed.ts";
import { REFUSAL } from "../../../src/storage/main-db/replication/triggers.ts";
import { createStorageWorld } from "../../storage/storage-world.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { createMemoryLog, type MemoryLog, type MemoryLogConnection } from "../../support/memory-log.ts";
import { createRecordingLog } from "../../support/recording-log.ts";
import { thrownBy } from "../../support/thrown.ts";

const STAGED: StagedSeed = { missing: [], putInPlace: () => undefined };

type Node = Readonly<{
  /** The main database cannot be written. */
  disk: { isFull: boolean };
  member: ClusterMember;
  log: MemoryLogConnection;
  main: TestMainDb;
  startedOver: StartOver[];
  isClosed: () => boolean;
}>;

let clock: FakeClock;
let log: MemoryLog;
let disposals: (() => unknown)[];

beforeEach(() => {
  clock = createFakeClock();
  log = createMemoryLog();
  disposals = [];
});

afterEach(async () => {
  for (const dispose of disposals.reverse()) await dispose();
});

function start(node: string, { keeps = true } = {}): Node {
  const connection = log.connect();
  const main = createTestMainDb(clock);
  const world = createStorageWorld();
  const disk = { isFull: false };
  const { replication } = main.mainDb;
  const unlessFull = (write: () => void) => () => {
    if (disk.isFull) throw new Error("database or disk is full");
    write();
  };
  const { follow, lead } = replication;
  const mainDb = {
    ...main.mainDb,
    replication: { ...replication, follow: unlessFull(follow), lead: unlessFull(lead) },
  };
  replication.join({ born: "log", position: 0, role: "following" });
  const startedOver: StartOver[] = [];
  let isClosed = false;
  const close = () => {
    isClosed = true;
    return connection.close();
  };
  const seat = { node, url: `http://${node}`, log: { ...connection, close }, born: "log", after: 0 };
  const member = createClusterMember({
    seat: {
      ...seat,
      leader: null,
      keeps,
      copies: 2,
      drain: { isDrained: false },
      stageFiles: async () => STAGED,
    },
    clock,
    log: createRecordingLog().log,
    stopping: new AbortController().signal,
  });
  member.replicate(world.writer);
  member.start({
    mainDb,
    files: world.files,
    room: () => 1e12,
    measure: async () => 0,
    imported: createImportedFiles({
      dataDir: world.dataDir,
      fetchImported: () => Promise.reject(new Error("nothing is imported")),
      deleteFile: () => Promise.resolve(),
      isThere: () => false,
      clock,
      onTrouble: () => undefined,
    }),
    digests: { begin: () => Promise.resolve() },
    isUnfit: () => false,
    lead: () => Promise.resolve(),
    leaderChanged: () => undefined,
    startOver: (how) => startedOver.push(how),
  });
  disposals.push(
    main.dispose,
    () => world.dispose(),
    () => member.stop(),
  );
  return { member, disk, log: connection, main, startedOver, isClosed: () => isClosed };
}

/** Lets the time pass in steps, with what happens in each. */
async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 100) {
    clock.advance(100);
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The first leads; then it is cut off for as long as the second takes to follow it. */
async function deposed(meanwhile: (first: Node) => void = () => undefined): Promise<[Node, Node]> {
  const first = start("one");
  await pass(3_000);
  expect(first.member.isLeading()).toBeTrue();
  const second = start("two");
  await pass(1_000);
  first.log.cut();
  meanwhile(first);
  await pass(4_000);
  expect(second.member.isLeading()).toBeTrue();
  first.log.mend();
  await pass(1_000);
  return [first, second];
}

test("a leader that was deposed is opened anew, takes the new leader's rows, and changes none", async () => {
  const [first, second] = await deposed();
  expect(first.startedOver).toEqual(["follow"]);
  const { id } = second.main.addUser();
  await pass(1_100);
  expect(first.main.mainDb.users.find(id)).toMatchObject({ id });
  expect(await thrownBy(() => first.main.addUser())).toHaveProperty("message", REFUSAL);
});

test("a leader that was deposed with changes of its own has its main database replaced", async () => {
  let own = "";
  const [first, second] = await deposed(({ main }) => {
    own = main.addUser().id;
  });
  await pass(13_000);
  expect(first.startedOver[0]).toBe("main_database");
  expect(second.main.mainDb.users.find(own)).toBeNull();
});

test("a node that is to be opened anew leads no more, however long that takes", async () => {
  const [first, second] = await deposed();
  second.log.cut();
  await pass(10_000);
  expect(first.member.isLeading()).toBeFalse();
  expect(log.entries.filter(({ kind }) => kind === "claim")).toHaveLength(2);
});

test("a leader whose disk is full is opened anew too when another leads", async () => {
  const [first] = await deposed(({ disk }) => {
    disk.isFull = true;
  });
  expect(first.startedOver).toEqual(["follow"]);
  const { last } = await first.log.head(0);
  await pass(1_000);
  expect(first.member.applied()).toBeGreaterThanOrEqual(last);
});

test("a node that cannot write that it leads is opened anew, and lets another lead", async () => {
  const first = start("one");
  first.disk.isFull = true;
  await pass(3_000);
  expect(first.startedOver).toEqual(["follow"]);
  const second = start("two");
  await pass(4_000);
  expect(second.member.isLeading()).toBeTrue();
});

test("a node that stops closes its way to the log", async () => {
  const node = start("one");
  await pass(1_000);
  await node.member.stop();
  expect(node.isClosed()).toBeTrue();
});

test("a spare that the leader lists is opened anew, to take all files, and claims nothing", async () => {
  const spare = start("two", { keeps: false });
  await pass(5_000);
  expect(log.entries).toHaveLength(0);
  const leader = start("one");
  await pass(4_000);
  expect(leader.member.isLeading()).toBeTrue();
  await pass(3_000);
  expect(leader.main.mainDb.keepers.list()).toEqual(["one", "two"]);
  expect(spare.startedOver).toEqual([STAGED]);
});
