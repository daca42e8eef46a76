/** A spare that is to be a keeper takes the files while it goes on, however often that fails. */
import { beforeEach, expect, test } from "bun:test";
import { nextTurn } from "../../../src/lib/pauses.ts";
import { createPromotion } from "../../../src/server/cluster/promotion.ts";
import type { StageFiles, StartOver } from "../../../src/server/cluster/seat.ts";
import type { StagedSeed } from "../../../src/storage/cluster/seed.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { createRecordingLog } from "../../support/recording-log.ts";

type Staging = Parameters<StageFiles>[0] & Readonly<{ end: (error?: Error) => void }>;

const STAGED: StagedSeed = { missing: [], putInPlace: () => undefined };

let clock: FakeClock;
let isListed: boolean;
let stagings: Staging[];
let startedOver: StartOver[];
let promotion: ReturnType<typeof createPromotion>;

beforeEach(() => {
  clock = createFakeClock();
  isListed = true;
  [stagings, startedOver] = [[], []];
  promotion = create({ keeps: false });
});

function create({ keeps }: { keeps: boolean }): ReturnType<typeof createPromotion> {
  const stageFiles: StageFiles = (options) =>
    new Promise((resolve, reject) => {
      stagings.push({ ...options, end: (error) => (error ? reject(error) : resolve(STAGED)) });
      options.signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  return createPromotion({
    seat: { keeps, stageFiles },
    isListed: () => isListed,
    startOver: (how) => startedOver.push(how),
    clock,
    log: createRecordingLog().log,
  });
}

async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await nextTurn();
}

test("it is opened anew once it has the files, and the log is kept for them until then", async () => {
  promotion.look();
  promotion.look();
  expect([stagings.length, promotion.files(), promotion.synced(90)]).toEqual([1, "coming", 90]);
  stagings[0]?.onPrepared(70);
  expect([promotion.synced(90), promotion.synced(60), startedOver]).toEqual([70, 60, []]);
  stagings[0]?.end();
  await turns();
  expect(startedOver).toEqual([STAGED]);
  expect([promotion.files(), promotion.synced(95)]).toEqual(["coming", 70]);
});

test("one that fails goes on as a spare, and tries again after ten seconds", async () => {
  promotion.look();
  stagings[0]?.end(new Error("no room"));
  await turns();
  clock.advance(9_999);
  await turns();
  expect([stagings.length, startedOver]).toEqual([1, []]);
  clock.advance(1);
  await turns();
  stagings[1]?.end();
  await turns();
  expect(startedOver).toEqual([STAGED]);
});

test("one that is no longer wanted stops trying, and begins anew when it is wanted again", async () => {
  promotion.look();
  stagings[0]?.onPrepared(70);
  isListed = false;
  stagings[0]?.end(new Error("no room"));
  await turns();
  clock.advance(10_000);
  await turns();
  expect([stagings.length, promotion.files(), promotion.synced(90)]).toEqual([1, "none", 90]);
  isListed = true;
  promotion.look();
  expect([stagings.length, promotion.files()]).toEqual([2, "coming"]);
});

test("a node that stops gives it up, and is not opened anew", async () => {
  promotion.look();
  await promotion.stop();
  expect([stagings[0]?.signal.aborted, startedOver]).toEqual([true, []]);
  promotion.look();
  expect(stagings).toHaveLength(1);
});

test("a keeper has nothing to take, and a spare that nobody wants neither", () => {
  const keeper = create({ keeps: true });
  keeper.look();
  isListed = false;
  promotion.look();
  expect([stagings.length, keeper.files(), promotion.files()]).toEqual([0, "all", "none"]);
});
