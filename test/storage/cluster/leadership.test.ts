/** One node leads at a time: who claims, when a leader stops acting, and how one hands over. */
import { beforeEach, describe, expect, test } from "bun:test";
import type { LogEntry, Owner } from "../../../src/storage/cluster/event-log.ts";
import { type Leadership, startLeadership } from "../../../src/storage/cluster/leadership.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { createMemoryLog, type MemoryLog, type MemoryLogConnection } from "../../support/memory-log.ts";

let clock: FakeClock;
let log: MemoryLog;

beforeEach(() => {
  clock = createFakeClock();
  log = createMemoryLog();
});

type Node = Readonly<{
  leadership: Leadership;
  log: MemoryLogConnection;
  began: number[];
  followed: string[];
  unfit: { is: boolean };
  told: string[];
}>;

function start(name: string, { keeps = true } = {}): Node {
  const connection = log.connect();
  const [began, followed]: [number[], string[]] = [[], []];
  const told: string[] = [];
  const unfit = { is: false };
  let applied = 0;
  let proofs = 0;
  let waiting: { position: number; resolve: () => void }[] = [];
  const leadership = startLeadership({
    log: connection,
    node: name,
    leader: null,
    clock,
    keeps,
    describe: () => ({
      url: `http://${name}`,
      version: "1",
      applied,
      synced: applied,
      files: keeps ? "all" : "none",
      copies: 2,
      room: 0,
      format: 1,
      needsUpgrade: false,
    }),
    reached: (position) =>
      applied >= position ? Promise.resolve() : new Promise((resolve) => waiting.push({ position, resolve })),
    isUnfit: () => unfit.is,
    async askForProof() {
      const sentAt = clock.monotonic();
      proofs++;
      await connection.append({ shard: 0, id: `${name}-${proofs}`, bytes: new Uint8Array() });
      leadership.proved(sentAt);
    },
    onLeading: ({ epoch }) => began.push(epoch),
    onFollowing: ({ node }) => followed.push(node),
    onError: (message, cause) => told.push(`${message} (${cause})`),
  });
  connection.read({
    shard: 0,
    after: 0,
    onEntry(entry: LogEntry) {
      applied = entry.position;
      if (entry.kind === "claim") leadership.claimed(entry.owner);
      const ready = waiting.filter(({ position }) => position <= applied);
      waiting = waiting.filter(({ position }) => position > applied);
      for (const { resolve } of ready) resolve();
    },
    onTrouble: () => undefined,
  });
  return { leadership, log: connection, began, followed, unfit, told };
}

/** Lets the time pass in steps, with what happens in each. */
async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 100) {
    clock.advance(100);
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

const leaderOf = (node: Node) => node.leadership.leader()?.node;

describe("a claim", () => {
  test("comes once no leader was heard for a while, and makes one node the leader", async () => {
    const nodes = [start("one"), start("two"), start("three")];
    await pass(2_000);
    expect(nodes.map(leaderOf)).toEqual([undefined, undefined, undefined]);
    await pass(2_000);
    const names = new Set(nodes.map(leaderOf));
    expect(names.size).toBe(1);
    expect(nodes.filter(({ leadership }) => leadership.mayLead())).toHaveLength(1);
    expect(nodes.flatMap(({ began }) => began)).toEqual([1]);
  });

  test("does not come while the leader is heard, however little there is to do", async () => {
    const nodes = [start("one"), start("two")];
    await pass(30_000);
    expect(nodes.flatMap(({ began }) => began)).toEqual([1]);
    expect(nodes.filter(({ leadership }) => leadership.mayLead())).toHaveLength(1);
  });

  test("never comes from a spare, however long no leader is heard", async () => {
    const spare = start("spare", { keeps: false });
    await pass(30_000);
    expect([spare.began, leaderOf(spare)]).toEqual([[], undefined]);
    const keeper = start("keeper");
    await pass(5_000);
    expect([leaderOf(spare), keeper.began]).toEqual(["keeper", [1]]);
    const said = keeper.leadership.nodes().map(({ node, beat }) => [node, beat.files, beat.isDraining]);
    expect(said.toSorted()).toEqual([
      ["keeper", "all", false],
      ["spare", "none", false],
    ]);
  });

  test("names where the leader is reached", async () => {
    const [one, two] = [start("one"), start("two")];
    await pass(5_000);
    const leader = leaderOf(one);
    expect(two.leadership.leader()).toEqual({ node: leader ?? "", epoch: 1, url: `http://${leader}` });
  });
});

async function leaderAndFollower(): Promise<[Node, Node]> {
  const [one, two] = [start("one"), start("two")];
  await pass(5_000);
  return leaderOf(one) === "one" ? [one, two] : [two, one];
}

describe("a leader that is cut off", () => {
  test("stops acting before another begins", async () => {
    const [leader, follower] = await leaderAndFollower();
    leader.log.cut();
    for (let waited = 0; !follower.leadership.mayLead(); waited += 100) {
      await pass(100);
      expect(leader.leadership.mayLead() && follower.leadership.mayLead()).toBeFalse();
      expect(waited).toBeLessThan(10_000);
    }
    expect(leader.leadership.mayLead()).toBeFalse();
    expect(follower.began).toEqual([2]);
  });

  test("follows when it comes back", async () => {
    const [leader, follower] = await leaderAndFollower();
    leader.log.cut();
    await pass(6_000);
    leader.log.mend();
    await pass(1_000);
    expect(leader.followed).toEqual([leaderOf(follower) ?? ""]);
    expect(leader.leadership.mayLead()).toBeFalse();
    await pass(10_000);
    expect(follower.leadership.mayLead()).toBeTrue();
  });

  test("may not act after it stood still, before the log has answered it", async () => {
    const [leader] = await leaderAndFollower();
    // No timer has run: the process was stopped.
    leader.log.cut();
    clock.advance(30_000);
    expect(leader.leadership.mayLead()).toBeFalse();
  });

  test("acts again if nobody has claimed meanwhile", async () => {
    const one = start("one");
    await pass(5_000);
    one.log.cut();
    await pass(5_000);
    expect(one.leadership.mayLead()).toBeFalse();
    one.log.mend();
    await pass(2_000);
    expect(one.leadership.mayLead()).toBeTrue();
    expect(one.began).toEqual([1]);
  });
});

describe("handing over", () => {
  test("a leader that resigns is followed by another at once", async () => {
    const [leader, follower] = await leaderAndFollower();
    leader.leadership.resign();
    expect(leader.leadership.mayLead()).toBeFalse();
    await pass(800);
    expect(follower.leadership.mayLead()).toBeTrue();
    await pass(10_000);
    expect(leader.began).toEqual([1]);
  });

  test("a leader that cannot do its work lets another lead, and leads again alone once it can", async () => {
    const [leader, follower] = await leaderAndFollower();
    leader.unfit.is = true;
    await pass(1_500);
    expect(follower.leadership.mayLead()).toBeTrue();
    expect(leader.leadership.mayLead()).toBeFalse();
    leader.unfit.is = false;
    await pass(5_000);
    expect(follower.leadership.mayLead()).toBeTrue();
  });

  test("a follower that is unfit says that it claims nothing, and does not", async () => {
    const [leader, follower] = await leaderAndFollower();
    const said = () => leader.leadership.nodes().find(({ node }) => node === leaderless)?.beat.isDraining;
    const leaderless = leaderOf(leader) === "one" ? "two" : "one";
    expect(said()).toBeFalse();
    follower.unfit.is = true;
    await pass(500);
    expect(said()).toBeTrue();
    leader.leadership.resign();
    await pass(10_000);
    expect(follower.leadership.mayLead()).toBeFalse();
    follower.unfit.is = false;
    await pass(5_000);
    expect(follower.leadership.mayLead()).toBeTrue();
  });

  test("a node that is alone and was unfit leads again", async () => {
    const one = start("one");
    await pass(5_000);
    one.unfit.is = true;
    await pass(3_000);
    expect(one.leadership.mayLead()).toBeFalse();
    one.unfit.is = false;
    await pass(2_000);
    expect(one.leadership.mayLead()).toBeTrue();
  });
});

test("beats of other versions are read, with more fields or without the latest", async () => {
  const one = start("one");
  one.log.beat("before", { url: "http://before", version: "0", applied: 1, synced: 1 });
  one.log.beat("next", { url: "u", version: "2", applied: 1, synced: 1, leads: 7, format: 3, more: [1] });
  one.log.beat("odd", { url: "http://odd", applied: 1, synced: 1 });
  const beats = new Map(one.leadership.nodes().map(({ node, beat }) => [node, beat]));
  const defaults = {
    leads: null,
    isDraining: false,
    format: 1,
    needsUpgrade: false,
    files: "all" as const,
    copies: null,
    room: 0,
  };
  expect(beats.get("before")).toEqual({
    url: "http://before",
    version: "0",
    applied: 1,
    synced: 1,
    ...defaults,
  });
  expect(beats.get("next")).toMatchObject({ leads: 7, format: 3, needsUpgrade: false });
  expect(beats.has("odd")).toBeFalse();
});

test("a node says once that another one has its name, and never takes its own beats for another's", () => {
  const one = start("one");
  const beat = { url: "http://one", version: "1", applied: 1, synced: 1 };
  one.log.beat("one", beat);
  one.log.beat("two", { ...beat, url: "http://elsewhere" });
  expect(one.told).toEqual([]);
  for (let n = 0; n < 2; n++) one.log.beat("one", { ...beat, url: "http://elsewhere" });
  expect(one.told).toEqual([
    "another node has this one's name: set CLUSTER_NODE to a name that no other node has (http://elsewhere)",
  ]);
});

test("a beat tells how far its node's clock is ahead of the one here", () => {
  const one = start("one");
  const beat = { url: "http://two", version: "1", applied: 1, synced: 1 };
  one.log.beat("two", { ...beat, now: clock.now() + 7_200_000 });
  one.log.beat("before", beat);
  const heard = new Map(one.leadership.nodes().map(({ node, aheadMs }) => [node, aheadMs]));
  expect([heard.get("two"), heard.get("before")]).toEqual([7_200_000, undefined]);
});

test("a claim of an earlier run of the same node is not this run's", async () => {
  const before = log.connect();
  const old: Owner | null = await before.claim({ partition: 0, node: "one", last: null });
  expect(old?.epoch).toBe(1);
  const one = start("one");
  await pass(1_000);
  expect(one.leadership.mayLead()).toBeFalse();
  await pass(4_000);
  expect(one.began).toEqual([2]);
});
