/** A node makes digests of its event files one at a time, and holds up nobody for long. */
import { beforeEach, expect, test } from "bun:test";
import { nextTurn } from "../../../src/lib/pauses.ts";
import { type CopyDigests, createCopyDigests } from "../../../src/storage/cluster/copy-digests.ts";
import type { CopyDigest } from "../../../src/storage/reader/inspection-questions.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

type Reading = Readonly<{ path: string; hold: () => void; end: (error?: Error) => void }>;

const DIGEST: CopyDigest = { schema: 1, tables: new Map([["events", "00"]]) };

let clock: FakeClock;
let readings: Reading[];
let digests: CopyDigests;

beforeEach(() => {
  clock = createFakeClock();
  readings = [];
  digests = createCopyDigests({
    pathOf: (webhookId) => `events-${webhookId}.db`,
    digest(path, hold) {
      const { promise, resolve, reject } = Promise.withResolvers<CopyDigest>();
      readings.push({ path, hold, end: (error) => (error ? reject(error) : resolve(DIGEST)) });
      return promise;
    },
    clock,
  });
});

/** Whether the log's entries for the webhook go on. */
function watch(begun: Promise<void>): { goesOn: boolean } {
  const seen = { goesOn: false };
  void begun.then(() => (seen.goesOn = true));
  return seen;
}

test("what follows in the log waits until the file is held, and not until it is read", async () => {
  const begun = watch(digests.begin({ webhookId: "w1", compare: "c1" }));
  await nextTurn();
  expect([readings.map(({ path }) => path), begun.goesOn]).toEqual([["events-w1.db"], false]);
  readings[0]?.hold();
  await nextTurn();
  expect(begun.goesOn).toBeTrue();
  const found = digests.find("c1");
  readings[0]?.end();
  expect(await found).toEqual(DIGEST);
  expect(digests.find("c2")).toBeNull();
});

test("a file that cannot be held holds up nobody for more than five seconds, and has no digest of later rows", async () => {
  const begun = watch(digests.begin({ webhookId: "w1", compare: "c1" }));
  clock.advance(4_999);
  await nextTurn();
  expect(begun.goesOn).toBeFalse();
  clock.advance(1);
  await nextTurn();
  expect(begun.goesOn).toBeTrue();
  readings[0]?.hold();
  readings[0]?.end();
  await expect(digests.find("c1")).rejects.toThrow("within five seconds");
});

test("a file that cannot be read, and one that is asked for meanwhile, hold up nobody", async () => {
  const first = watch(digests.begin({ webhookId: "w1", compare: "c1" }));
  const second = watch(digests.begin({ webhookId: "w2", compare: "c2" }));
  await nextTurn();
  expect([first.goesOn, second.goesOn, readings.length]).toEqual([false, true, 1]);
  await expect(digests.find("c2")).rejects.toThrow("Another file is being read");
  readings[0]?.end(new Error("damaged"));
  await nextTurn();
  expect(first.goesOn).toBeTrue();
  await expect(digests.find("c1")).rejects.toThrow("damaged");
  void digests.begin({ webhookId: "w2", compare: "c3" });
  expect(readings).toHaveLength(2);
});

test("the last sixteen are known", async () => {
  for (let n = 0; n < 20; n++) {
    const begun = digests.begin({ webhookId: "w1", compare: `c${n}` });
    readings[n]?.hold();
    readings[n]?.end();
    await begun;
    await digests.find(`c${n}`);
  }
  const known = Array.from({ length: 20 }, (_, n) => digests.find(`c${n}`) !== null);
  expect(known.indexOf(true)).toBe(4);
});
