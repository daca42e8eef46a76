/** The leader compares its databases with those of nodes that lag, restart, fall silent or run another version. */
import { beforeEach, describe, expect, test } from "bun:test";
import type { DigestClient } from "../../../src/http/cluster/digest-routes.ts";
import { notFound } from "../../../src/lib/errors.ts";
import { nextTurn } from "../../../src/lib/pauses.ts";
import { createComparer } from "../../../src/server/cluster/comparer.ts";
import { createHeardNodes } from "../../../src/server/cluster/heard-nodes.ts";
import type { HeardNode } from "../../../src/storage/cluster/leadership.ts";
import type { MainDigest } from "../../../src/storage/main-db/replication/main-digest.ts";
import type { CopyDigest } from "../../../src/storage/reader/inspection-questions.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

const OWN: CopyDigest = {
  schema: 3,
  tables: new Map([
    ["events", "e"],
    ["deliveries", "d"],
  ]),
};
const MAIN: MainDigest = { ...OWN, position: 7, hasUnshipped: false };

let clock: FakeClock;
let heard: Map<string, HeardNode>;
let keepers: string[];
let webhooks: { id: string; name: string }[];
let deleted: Set<string>;
let client: DigestClient;
let main: MainDigest;
let comparer: ReturnType<typeof createComparer>;

beforeEach(() => {
  clock = createFakeClock();
  heard = new Map();
  keepers = ["a", "b"];
  webhooks = [{ id: "w1", name: "Shop" }];
  deleted = new Set();
  main = MAIN;
  client = { fetchDigest: async () => OWN, fetchMainDigest: async () => MAIN };
  hear("b");
  const member = {
    node: "a",
    nodes: () => [...heard.values()],
    async mark({ webhookId }: { webhookId: string }) {
      if (deleted.has(webhookId)) throw notFound("webhook");
      return 40;
    },
  };
  comparer = createComparer({
    member,
    others: createHeardNodes({ member, clock }),
    digests: { find: () => Promise.resolve(OWN) },
    digestMain: async () => main,
    listKeepers: () => keepers,
    webhooks: { findNext: (after) => webhooks.find(({ id }) => id > after) ?? null },
    client: {
      fetchDigest: (...of) => client.fetchDigest(...of),
      fetchMainDigest: (...of) => client.fetchMainDigest(...of),
    },
    clock,
  });
});

function hear(node: string, { applied = 40, files = "all" as "all" | "none" } = {}): void {
  const beat = { url: `http://${node}`, version: "1", leads: null, applied, synced: 0, isDraining: false };
  const rest = { files, copies: 2, room: 0, format: 2, needsUpgrade: false };
  heard.set(node, { node, at: clock.monotonic(), beat: { ...beat, ...rest } });
}

/** Lets the time pass until it is done; `during` is called every 100 ms. */
async function outcome<T>(act: Promise<T>, during: () => void = () => undefined): Promise<T> {
  let isDone = false;
  const done = act.finally(() => (isDone = true));
  done.catch(() => undefined);
  while (!isDone) {
    during();
    for (let n = 0; n < 5; n++) await nextTurn();
    if (!isDone) clock.advance(100);
  }
  return done;
}

const othersOf = async (during?: () => void) => (await outcome(comparer.compareNext(""), during))?.others;

describe("an event file", () => {
  test("is equal, or differs in tables", async () => {
    expect(await othersOf()).toEqual([{ node: "b", differs: [], fault: null }]);
    client = { ...client, fetchDigest: async () => ({ schema: 3, tables: new Map([["events", "e"]]) }) };
    expect(await othersOf()).toEqual([{ node: "b", differs: ["deliveries"], fault: null }]);
  });

  test("is not compared with that of another version", async () => {
    client = { ...client, fetchDigest: async () => ({ ...OWN, schema: 4 }) };
    expect(await othersOf()).toMatchObject([
      { node: "b", fault: "It runs another version: upgrade it first." },
    ]);
  });

  test("of a node that lags is waited for, up to thirty seconds", async () => {
    let asked = 0;
    hear("b", { applied: 30 });
    client = { ...client, fetchDigest: async () => (++asked < 4 ? null : OWN) };
    expect(await othersOf()).toEqual([{ node: "b", differs: [], fault: null }]);
    client = { ...client, fetchDigest: async () => null };
    const since = clock.monotonic();
    expect(await othersOf(() => hear("b", { applied: 30 }))).toMatchObject([
      { node: "b", fault: "It has not read the log so far." },
    ]);
    expect(clock.monotonic() - since).toBeGreaterThan(30_000);
  });

  test("of a node that has passed the place without a digest is not waited for", async () => {
    client = { ...client, fetchDigest: async () => null };
    expect(await othersOf()).toMatchObject([{ node: "b", fault: "It was restarted meanwhile." }]);
  });

  test("of a node that falls silent is not waited for", async () => {
    client = {
      ...client,
      fetchDigest: (_, __, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    };
    expect(await othersOf()).toMatchObject([{ node: "b", fault: "It fell silent." }]);
  });

  test("is asked for at keepers only, and one that is away is named", async () => {
    keepers = ["a", "b", "gone"];
    hear("spare", { files: "none" });
    expect((await othersOf())?.map(({ node, fault }) => [node, fault])).toEqual([
      ["b", null],
      ["gone", "It is not heard, or is still copying the files."],
    ]);
  });

  test("of a webhook that is deleted meanwhile is passed over", async () => {
    webhooks = [
      { id: "w1", name: "Old" },
      { id: "w2", name: "New" },
    ];
    deleted.add("w1");
    expect((await outcome(comparer.compareNext("")))?.webhook).toEqual({ id: "w2", name: "New" });
    expect(await outcome(comparer.compareNext("w2"))).toBeNull();
  });

  test("is compared by one operator at a time", async () => {
    const first = comparer.compareNext("");
    await expect(comparer.compareNext("")).rejects.toMatchObject({ kind: "conflict", code: "comparing" });
    await outcome(first);
    expect(await othersOf()).toHaveLength(1);
  });
});

describe("the main database", () => {
  test("is compared once all have the same changes, at spares too", async () => {
    hear("spare", { files: "none" });
    let asked = 0;
    client = {
      ...client,
      fetchMainDigest: async ({ node }) => (++asked < 4 && node === "b" ? { ...MAIN, position: 6 } : MAIN),
    };
    expect(await outcome(comparer.compareMain())).toEqual({
      webhook: null,
      leader: "a",
      others: [
        { node: "b", differs: [], fault: null },
        { node: "spare", differs: [], fault: null },
      ],
    });
    expect(asked).toBeGreaterThan(4);
  });

  test("is not compared while the leader's changes have to come into the log yet", async () => {
    main = { ...MAIN, hasUnshipped: true };
    const { others } = await outcome(comparer.compareMain(), () => hear("b"));
    expect(others).toMatchObject([
      { node: "b", fault: "It lags, or the configuration changes all the time." },
    ]);
  });
});
