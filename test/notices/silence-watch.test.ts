/** Entrypoints are watched; a file without new events is not read again. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createSilenceWatch, type SilenceWatch } from "../../src/notices/silence-watch.ts";
import type { Rhythm } from "../../src/storage/event-db/numbers/rhythm.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

let main: TestMainDb;
let webhookId: string;
let entrypointId: string;
let watch: SilenceWatch;
let reads: string[];
let told: string[];
let rhythm: Rhythm;

beforeEach(() => {
  main = createTestMainDb(createFakeClock(START));
  webhookId = main.addWebhook({ userId: main.addUser().id }).id;
  entrypointId = main.addEntrypoint({ webhookId }).id;
  reads = [];
  told = [];
  const hours = Array.from({ length: 30 * 24 }, (_, index) => START - (30 * 24 - index) * HOUR);
  rhythm = { lastEventAt: START - HOUR, hours };
  const { webhooks, routing } = main.mainDb;
  watch = createSilenceWatch({
    async readRhythms(ids) {
      reads.push(...ids);
      return new Map(ids.map((id) => [id, new Map([[entrypointId, rhythm]])]));
    },
    webhooks,
    routing,
    clock: main.clock,
    log: createRecordingLog().log,
    notices: {
      entrypointSilent: (of) => told.push(`silent ${of.entrypointId}`),
      entrypointHeard: ({ at }) => told.push(`heard ${(at - START) / HOUR}`),
    },
  });
  watch.start();
});

afterEach(async () => {
  await watch.stop();
  main.dispose();
});

/** The first pass may have begun at an earlier tick. */
async function look(): Promise<void> {
  await watch.pass();
  told = [];
  await watch.pass();
}

test("silence is detected from memory: the file is read once, and again only after new events", async () => {
  await look();
  expect([reads, told]).toEqual([[webhookId], ["heard -1"]]);
  main.clock.advance(3.5 * HOUR);
  await look();
  expect(told).toEqual([`silent ${entrypointId}`]);
  expect(reads).toEqual([webhookId]);

  rhythm = { lastEventAt: START + 3.5 * HOUR, hours: [...rhythm.hours, START + 3 * HOUR] };
  watch.noteRecorded(webhookId);
  await look();
  expect([reads, told]).toEqual([[webhookId, webhookId], ["heard 3.5"]]);
});

test("an inactive entrypoint, and a deleted webhook, are not checked", async () => {
  main.clock.advance(3.5 * HOUR);
  await look();
  expect(told).toEqual([`silent ${entrypointId}`]);
  const row = main.mainDb.entrypoints.find({ id: entrypointId, webhookId });
  if (!row) throw new Error("there is no entrypoint");
  main.mainDb.entrypoints.update({ ...row, active: false });
  await look();
  expect(told).toEqual([]);
  main.mainDb.entrypoints.update({ ...row, active: true });
  main.mainDb.webhooks.softDelete({ id: webhookId, at: 1 });
  watch.noteRecorded(webhookId);
  await look();
  expect([told, reads]).toEqual([[], [webhookId]]);
});

test("another webhook's entrypoint that a file names is neither reported nor marked as heard", async () => {
  const other = main.addWebhook({ userId: main.addUser().id }).id;
  main.mainDb.routing.invalidate(other);
  main.clock.advance(3.5 * HOUR);
  await look();
  expect(reads.toSorted()).toEqual([webhookId, other].toSorted());
  expect(told).toEqual([`silent ${entrypointId}`]);
});
