import { expect, test } from "bun:test";
import { createGoneHandler } from "../../src/delivery/attempts/deactivate-gone.ts";
import type { Outcome } from "../../src/targets/target-type.ts";
import { createTestMainDb } from "../support/main-db.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { createWorld } from "./delivery-world.ts";
import { DELIVERED, FAILED } from "./scripted-targets.ts";

const GONE: Outcome = {
  kind: "failed",
  retryable: true,
  error: "HTTP 410",
  response: { statusCode: 410, headers: [], body: new Uint8Array(), bodyTruncated: false },
};

test("a target that answers 410 is deactivated at once: its deliveries wait, and go on when it is active again", async () => {
  const world = createWorld({
    onGone: ({ id }) => id === target.id && world.change(target, { active: false }),
  });
  const target = world.addTarget({ script: () => GONE });
  const [first = ""] = await world.send([target]);
  await world.quiet();
  const [second = ""] = await world.send([target]);
  await world.pass(3 * 86_400_000, 3_600_000);
  expect(target.attempts).toHaveLength(1);
  expect(await world.fate(target, first)).toMatchObject({ status: "pending", attempts: 1 });
  expect(await world.fate(target, second)).toMatchObject({ status: "pending", attempts: 0 });
  target.script = () => DELIVERED;
  world.change(target, { active: true });
  await world.until(async () => (await world.fate(target, second)).status === "delivered");
  await world.until(async () => (await world.fate(target, first)).status === "delivered");
  await world.dispose();
});

test("a fault of ours after a request loses no result, so that it is not made again", async () => {
  const world = createWorld({
    onGone: () => {
      throw new Error("the main database is locked");
    },
  });
  const target = world.addTarget({ script: () => GONE });
  const [event = ""] = await world.send([target]);
  await world.quiet();
  await world.pass(1_000, 100);
  expect(target.attempts).toHaveLength(1);
  expect(await world.fate(target, event)).toMatchObject({ status: "pending", attempts: 1 });
  expect(world.lines.filter(({ level }) => level === "error")).toMatchObject([
    { fields: { event_id: event, cause: "the main database is locked" } },
  ]);
  await world.dispose();
});

test("a result that cannot be stored yet is stored later, whatever else fails meanwhile", async () => {
  const world = createWorld();
  const policy = { circuit_failures: 1, retry_strategy: "list", retry_delays_seconds: [3_600] };
  const target = world.addTarget({ script: () => FAILED, policy });
  let told = 0;
  world.told.push = () => {
    told++;
    throw new Error("nobody listens");
  };
  world.faults.settle.error = new Error("disk full");
  const [event = ""] = await world.send([target]);
  await world.pass(3_000, 500);
  world.faults.settle.error = null;
  await world.pass(3_000, 500);
  expect([told, target.attempts.length]).toEqual([1, 1]);
  expect(await world.fate(target, event)).toMatchObject({ status: "pending", attempts: 1 });
  await world.dispose();
});

test("a policy may say that 410 is a failure like any other", async () => {
  let gone = 0;
  const world = createWorld({ onGone: () => gone++ });
  const patient = world.addTarget({ script: () => GONE, policy: { on_gone: "retry" } });
  await world.send([patient]);
  await world.quiet();
  await world.pass(60_000, 1_000);
  expect([gone, patient.attempts.length > 1]).toEqual([0, true]);
  await world.dispose();
});

test("a wait of days that the policy asks for is waited, not taken for a clock that was set back", async () => {
  const world = createWorld();
  const policy = { retry_strategy: "list", retry_delays_seconds: [432_000], retry_jitter_percent: 0 };
  const slow = world.addTarget({ script: () => GONE, policy });
  await world.send([slow]);
  await world.quiet();
  await world.pass(431_990_000, 21_600_000);
  expect(slow.attempts).toHaveLength(1);
  await world.pass(20_000);
  expect(slow.attempts).toHaveLength(2);
  await world.dispose();
});

test("the reason is kept with the target, and its routes end at once", () => {
  const db = createTestMainDb();
  const { id: webhookId } = db.addWebhook({ userId: db.addUser().id });
  const row = db.addTarget({ webhookId });
  const { log, lines } = createRecordingLog();
  const { targets, routing } = db.mainDb;
  const onGone = createGoneHandler({ targets, clock: db.clock, log });
  const target = routing.findTarget(row.id);
  if (!target) throw new Error("no such target");
  db.clock.advance(5);
  onGone(target);
  expect(targets.find(row)).toMatchObject({
    active: false,
    deactivatedReason: "It responded with 410 (Gone), which means that it has been removed for good.",
    updatedAt: db.clock.now(),
  });
  expect(routing.findTarget(row.id)).toMatchObject({ active: false });
  expect(lines.map(({ level }) => level)).toEqual(["warn"]);
  db.dispose();
});

test("a target that a person deactivated meanwhile is given no reason", () => {
  const db = createTestMainDb();
  const { id: webhookId } = db.addWebhook({ userId: db.addUser().id });
  const row = db.addTarget({ webhookId, active: false });
  const target = db.mainDb.routing.findTarget(row.id);
  if (!target) throw new Error("no such target");
  createGoneHandler({ targets: db.mainDb.targets, clock: db.clock, log: createRecordingLog().log })(target);
  expect(db.mainDb.targets.find(row)?.deactivatedReason).toBeNull();
  db.dispose();
});
