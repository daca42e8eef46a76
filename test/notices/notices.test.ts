/**
 * Each problem is reported once when it begins and once when it is over, to those who want notices, also across
 * restarts.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createNoticeSender, type NoticeSender } from "../../src/notices/notice-sender.ts";
import { createNotices, type NoticeKeeper } from "../../src/notices/notices.ts";
import { type NoticeSettings, PROBLEM_KINDS } from "../../src/settings/notice-settings.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { appErrorOf } from "../support/thrown.ts";

const MINUTE = 60_000;
const BY_MAIL: NoticeSettings = { target_id: null, email: "ops@example.com", on: [...PROBLEM_KINDS] };

type World = TestMainDb & { webhookId: string; targetId: string; entrypointId: string; userId: string };

let world: World;
let running: { notices: NoticeKeeper; sender: NoticeSender };
/** Titles and texts of sent notices, by channel. */
let sent: string[];
let fault: string | null;
/** Resolves when the written data is on disk. */
let kept: Promise<void>;
let lines: ReturnType<typeof createRecordingLog>["lines"];

beforeEach(() => {
  const main = createTestMainDb();
  const userId = main.addUser().id;
  const webhookId = main.addWebhook({ userId, name: "Shop", settings: { notices: BY_MAIL } }).id;
  const targetId = main.addTarget({ webhookId, name: "Bank" }).id;
  const entrypointId = main.addEntrypoint({ webhookId, name: "Orders" }).id;
  world = { ...main, userId, webhookId, targetId, entrypointId };
  sent = [];
  fault = null;
  kept = Promise.resolve();
  running = start();
});

afterEach(async () => {
  await stop();
  world.dispose();
});

function start(): typeof running {
  const { mainDb, clock } = world;
  const recording = createRecordingLog();
  const { log } = recording;
  lines = recording.lines;
  const { webhooks, entrypoints, routing, problems, notices: queries } = mainDb;
  const notices = createNotices({
    queries: problems,
    webhooks,
    entrypoints,
    routing,
    clock,
    log,
    onNotice: () => undefined,
  });
  const { findSettings } = notices;
  const sender = createNoticeSender({
    queries,
    webhooks,
    entrypoints,
    routing,
    findSettings,
    clock,
    log,
    synced: () => kept,
    baseUrl: "https://hooks.example",
    async sendOnce({ channel, message }) {
      if (fault === null) sent.push(`${channel}: ${message.title}`);
      return fault;
    },
  });
  return { notices, sender };
}

async function stop(): Promise<void> {
  running.notices.stop();
  await running.sender.stop();
}

async function restart(): Promise<void> {
  await stop();
  running = start();
}

/** Lets pending reports be written and sent. */
async function told(): Promise<string[]> {
  running.notices.flush();
  await running.sender.pass();
  return sent.splice(0);
}

const ofTarget = () => ({ webhookId: world.webhookId, targetId: world.targetId });
const giveUp = () => running.notices.targetGivenUp({ ...ofTarget(), reason: "Gave up after 12 attempts." });
const deliver = () => running.notices.targetDelivered(ofTarget());

function setNotices(notices: NoticeSettings | null): void {
  const row = world.mainDb.webhooks.find(world.webhookId);
  if (!row) throw new Error("there is no webhook");
  world.mainDb.webhooks.update({ ...row, settings: { notices } });
}

const FAILS = "email: Shop: target “Bank” is failing; deliveries have been given up";
const RECOVERS = "email: Shop: target “Bank” accepts deliveries again";

describe("a target that fails", () => {
  test("is reported once, however many deliveries are given up, and once more when it has recovered", async () => {
    for (let n = 0; n < 50; n++) giveUp();
    expect(await told()).toEqual([FAILS]);
    giveUp();
    deliver();
    world.clock.advance(4 * MINUTE);
    expect(await told()).toEqual([]);
    world.clock.advance(2 * MINUTE);
    expect(await told()).toEqual([RECOVERS]);
    world.clock.advance(60 * MINUTE);
    expect(await told()).toEqual([]);
    giveUp();
    expect(await told()).toEqual([FAILS]);
  });

  test("and succeeds alternately has one problem", async () => {
    for (let n = 0; n < 30; n++) {
      giveUp();
      deliver();
      world.clock.advance(2 * MINUTE);
    }
    expect(await told()).toEqual([FAILS]);
  });

  test("and is merely no longer attempted has not recovered", async () => {
    giveUp();
    world.clock.advance(600 * MINUTE);
    expect(await told()).toEqual([FAILS]);
  });

  test("is not reported again by a restart, and its recovery is reported after one", async () => {
    giveUp();
    expect(await told()).toEqual([FAILS]);
    await restart();
    giveUp();
    expect(await told()).toEqual([]);
    deliver();
    world.clock.advance(6 * MINUTE);
    expect(await told()).toEqual([RECOVERS]);
    await restart();
    expect(await told()).toEqual([]);
  });

  test("is forgotten without a notice when it is deleted", async () => {
    giveUp();
    await told();
    world.mainDb.targets.softDelete({ ...ofTarget(), id: world.targetId, at: 1 });
    world.clock.advance(2 * MINUTE);
    expect(await told()).toEqual([]);
    expect(world.mainDb.problems.listOpen()).toEqual([]);
  });
});

test("a disabled target is reported, and so is that somebody has enabled it", async () => {
  const row = world.mainDb.targets.find({ id: world.targetId, webhookId: world.webhookId });
  if (!row) throw new Error("there is no target");
  world.mainDb.targets.update({ ...row, active: false });
  const deactivated = { ...ofTarget(), reason: "It responded with 410." };
  running.notices.targetDeactivated(deactivated);
  running.notices.targetDeactivated(deactivated);
  expect(await told()).toEqual(["email: Shop: target “Bank” was disabled; its deliveries are paused"]);
  world.clock.advance(60 * MINUTE);
  expect(await told()).toEqual([]);
  world.mainDb.targets.update({ ...row, active: true });
  world.clock.advance(2 * MINUTE);
  expect(await told()).toEqual(["email: Shop: target “Bank” is active again"]);
});

test("a circuit breaker that opens and closes alternately is one problem", async () => {
  for (let n = 0; n < 10; n++) {
    running.notices.circuitOpened({ ...ofTarget(), reason: "10 consecutive attempts failed." });
    world.clock.advance(MINUTE);
    running.notices.circuitClosed(ofTarget());
    world.clock.advance(MINUTE);
  }
  expect(await told()).toEqual(["email: Shop: target “Bank” keeps failing; deliveries are paused"]);
  world.clock.advance(6 * MINUTE);
  expect(await told()).toEqual(["email: Shop: target “Bank” is responding again"]);
});

test("a silent entrypoint is reported, and over only with a later event", async () => {
  const { entrypointId, webhookId, clock } = world;
  const quiet = () => running.notices.entrypointSilent({ webhookId, entrypointId, reason: "No event." });
  quiet();
  quiet();
  expect(await told()).toEqual(["email: Shop: entrypoint “Orders” has stopped receiving events"]);
  running.notices.entrypointHeard({ entrypointId, at: clock.now() - 1 });
  expect(await told()).toEqual([]);
  running.notices.entrypointHeard({ entrypointId, at: clock.now() + 1 });
  expect(await told()).toEqual(["email: Shop: entrypoint “Orders” is receiving events again"]);
});

test("an entrypoint that refuses requests is reported, and over with the first one accepted", async () => {
  const { entrypointId, webhookId } = world;
  const refuse = () =>
    running.notices.entrypointRefusing({ webhookId, entrypointId, reason: "20 requests were refused." });
  refuse();
  refuse();
  expect(await told()).toEqual(["email: Shop: entrypoint “Orders” refuses every request"]);
  expect(running.notices.listSubjects("entrypoint_refusing")).toEqual([entrypointId]);
  running.notices.entrypointAccepted({ entrypointId });
  running.notices.entrypointAccepted({ entrypointId });
  expect(await told()).toEqual(["email: Shop: entrypoint “Orders” accepts requests again"]);
  expect(running.notices.listSubjects("entrypoint_refusing")).toEqual([]);
});

describe("a problem", () => {
  const all = () => {
    running.notices.flush();
    const { problems } = world.mainDb;
    return problems.list({ webhookIds: [world.webhookId], state: null, before: null, limit: 10 });
  };

  test("is recorded with its begin, its end and its reason, though nobody gets notices", async () => {
    setNotices(null);
    const since = world.clock.now();
    giveUp();
    expect(await told()).toEqual([]);
    const open = { kind: "target_failing", subjectName: "Bank", since, detail: "Gave up after 12 attempts." };
    expect(all()).toMatchObject([{ ...open, overAt: null, isTold: false }]);
    await restart();
    giveUp();
    deliver();
    world.clock.advance(6 * MINUTE);
    const [ended, ...others] = all();
    expect(ended).toMatchObject(open);
    expect(ended?.overAt).toBeGreaterThan(since);
    expect(others).toEqual([]);
    // Its begin was not told, so its end is not either.
    setNotices(BY_MAIL);
    expect(await told()).toEqual([]);
  });

  test("is told when notices are enabled while it goes on, and so is its end", async () => {
    setNotices(null);
    giveUp();
    await told();
    setNotices(BY_MAIL);
    giveUp();
    giveUp();
    expect(await told()).toEqual([FAILS]);
    deliver();
    world.clock.advance(6 * MINUTE);
    expect(await told()).toEqual([RECOVERS]);
    expect(all()).toHaveLength(1);
  });

  test("that is over is deleted after 90 days, and an open one is not", () => {
    giveUp();
    running.notices.circuitOpened({ ...ofTarget(), reason: "10 attempts failed." });
    deliver();
    world.clock.advance(6 * MINUTE);
    expect(all().map(({ kind }) => kind)).toEqual(["target_circuit_open", "target_failing"]);
    world.clock.advance(91 * 24 * 60 * MINUTE);
    running.notices.pass();
    expect(all().map(({ kind }) => kind)).toEqual(["target_circuit_open"]);
  });
});

describe("the recipient", () => {
  test("is nobody without settings, and gets no kinds that are disabled", async () => {
    setNotices(null);
    giveUp();
    expect(await told()).toEqual([]);
    setNotices({ ...BY_MAIL, on: ["entrypoint_silent"] });
    giveUp();
    expect(await told()).toEqual([]);
    setNotices(BY_MAIL);
    giveUp();
    expect(await told()).toEqual([FAILS]);
  });

  test("can be a target and an address", async () => {
    setNotices({ ...BY_MAIL, target_id: world.targetId });
    giveUp();
    expect((await told()).sort()).toEqual([FAILS, FAILS.replace("email", "target")]);
  });

  test("gets one notice about an outage of many targets", async () => {
    for (let n = 0; n < 100; n++) {
      const targetId = world.addTarget({ webhookId: world.webhookId, name: `Target ${n}` }).id;
      running.notices.targetGivenUp({ webhookId: world.webhookId, targetId, reason: "Given up." });
    }
    expect(await told()).toEqual([
      "email: Shop: target “Target 0” is failing; deliveries have been given up, and more",
    ]);
  });
});

describe("a notice", () => {
  test("is sent once its removal is on disk, so that a power cut repeats none", async () => {
    const synced = Promise.withResolvers<void>();
    kept = synced.promise;
    giveUp();
    running.notices.flush();
    const passed = running.sender.pass();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(sent).toEqual([]);
    synced.resolve();
    await passed;
    expect(sent).toEqual([FAILS]);
  });

  test("is sent even if the disk fails", async () => {
    kept = Promise.reject(new Error("EIO"));
    giveUp();
    expect(await told()).toEqual([FAILS]);
  });
});

describe("a notice that does not arrive", () => {
  test("is retried a few times, across a restart too, and then given up and logged", async () => {
    fault = "The server said no.";
    giveUp();
    expect(await told()).toEqual([]);
    await restart();
    for (const minutes of [0.5, 2, 10]) {
      world.clock.advance(minutes * MINUTE);
      await running.sender.pass();
    }
    expect(world.mainDb.notices.earliestDue()).not.toBeNull();
    world.clock.advance(60 * MINUTE);
    await running.sender.pass();
    expect(world.mainDb.notices.earliestDue()).toBeNull();
    expect(lines.at(-1)).toMatchObject({
      level: "warn",
      message: "a notice was given up",
      fields: { webhook_id: world.webhookId, channel: "email", error: "The server said no." },
    });
  });

  test("arrives at the second attempt, once", async () => {
    fault = "The server said no.";
    giveUp();
    await told();
    fault = null;
    expect(await told()).toEqual([]);
    world.clock.advance(MINUTE);
    expect(await told()).toEqual([FAILS]);
    world.clock.advance(60 * MINUTE);
    expect(await told()).toEqual([]);
  });

  test("is dropped if the webhook is deleted or its notices are disabled", async () => {
    giveUp();
    running.notices.flush();
    setNotices(null);
    expect(await told()).toEqual([]);
    expect(world.mainDb.notices.earliestDue()).toBeNull();
  });
});

describe("a test notice", () => {
  const ask = () => {
    const webhook = world.mainDb.webhooks.find(world.webhookId);
    if (!webhook) throw new Error("there is no webhook");
    return running.sender.sendTest({ ...webhook, ownerId: webhook.userId });
  };

  test("is sent immediately, and reports what went wrong", async () => {
    expect(await ask()).toEqual([{ channel: "email", error: null }]);
    expect(sent).toEqual(["email: Shop: test notice"]);
    fault = "Nobody there.";
    world.clock.advance(MINUTE);
    expect(await ask()).toEqual([{ channel: "email", error: "Nobody there." }]);
  });

  test("needs a recipient, and some time since the last one", async () => {
    await ask();
    expect(await appErrorOf(ask)).toMatchObject({ kind: "rate_limited" });
    setNotices(null);
    expect(await appErrorOf(ask)).toMatchObject({ kind: "conflict", code: "no_notices" });
  });
});
