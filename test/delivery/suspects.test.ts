/** Deliveries whose attempts were cut off by a crash: none is lost, and none crashes the process for ever. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { answered, DELIVERED, HANGS, type WorldTarget } from "./scripted-targets.ts";

const SET_ASIDE = "Set aside: the gateway stopped twice during this attempt. Replay the event to retry.";

let world: World;

beforeEach(() => {
  world = createWorld({ marks: true });
});
afterEach(() => world.dispose());

/** Kills the process and starts it again. */
async function killed(...targets: readonly WorldTarget[]): Promise<void> {
  await world.restart().start([...new Set(targets.map(({ webhookId }) => webhookId))]);
  await world.quiet();
}

const begun = (target: WorldTarget) => target.attempts.map(({ event }) => event.id);
const statusOf = async (target: WorldTarget, id = "") => (await world.fate(target, id)).status;

describe("an attempt during which the process was killed", () => {
  test("is made again after the others, and succeeds as though nothing had happened", async () => {
    const target = world.addTarget({ script: HANGS });
    const [first = ""] = await world.send([target]);
    await world.quiet();
    target.script = () => DELIVERED;
    // The former engine still runs in this process: both would deliver what it was sent.
    await killed(target);
    const [second = ""] = await world.send([target]);
    await world.until(async () => (await statusOf(target, second)) === "delivered");
    expect(begun(target)).toEqual([first, second]);
    await world.pass(2_500, 500);
    expect(begun(target)).toEqual([first, second]);
    await world.pass(1_000, 500);
    expect(begun(target)).toEqual([first, second, first]);
    expect(await statusOf(target, first)).toBe("delivered");
    expect((await world.fate(target, first)).attempts).toBe(1);
  });

  test("twice is set aside with the reason and told to the owner, and can be replayed", async () => {
    const target = world.addTarget({ script: HANGS });
    const [poison = ""] = await world.send([target]);
    await world.quiet();
    await killed(target);
    await world.pass(5_000, 500);
    expect(begun(target)).toEqual([poison, poison]);
    await killed(target);
    const fate = await world.fate(target, poison);
    expect(fate).toMatchObject({ status: "failed", reason: SET_ASIDE, attempts: 1 });
    expect(fate.results[0]?.error).toBe("the gateway stopped twice during this attempt");
    expect(world.givenUp).toEqual([SET_ASIDE]);
    await world.pass(60_000);
    expect(begun(target)).toHaveLength(2);
    expect(listLedgerFaults(world.files.open(target.webhookId).db)).toEqual([]);

    target.script = () => DELIVERED;
    await world.replay({ webhookId: target.webhookId, eventId: poison });
    world.engine.nudge(target.webhookId);
    await world.pass(1_000, 500);
    expect(await statusOf(target, poison)).toBe("delivered");
  });

  test("takes none of those with it that were under way beside it", async () => {
    const slow = world.addTarget({ script: HANGS });
    const quick = world.addTarget({ script: HANGS });
    const ids = await world.send([quick], 8);
    const [poison = ""] = await world.send([slow]);
    await world.quiet();
    quick.script = () => DELIVERED;
    await killed(slow, quick);
    await world.pass(4_000, 250);
    // Those that were not attempted beside the poison are delivered, one after the other.
    for (const id of ids) expect(await statusOf(quick, id)).toBe("delivered");
    await killed(slow, quick);
    expect(await statusOf(slow, poison)).toBe("failed");
    expect(world.givenUp).toHaveLength(1);
  });

  test("begins alone, and the next after a second where it takes long", async () => {
    const target = world.addTarget({ script: HANGS });
    await world.send([target], 4);
    await world.quiet();
    await killed(target);
    const before = target.attempts.length;
    const counts: number[] = [];
    await world.pass(3_000, 500);
    for (let second = 0; second < 4; second++) {
      counts.push(target.attempts.length - before);
      await world.pass(1_000, 500);
    }
    expect(counts).toEqual([1, 2, 3, 4]);
  });

  test("is no such attempt where the program was stopped", async () => {
    const target = world.addTarget({ script: HANGS });
    await world.send([target]);
    await world.quiet();
    for (let start = 0; start < 3; start++) {
      const stopped = world.engine.stop(0);
      await world.pass(2_000, 500);
      await stopped;
      await killed(target);
      expect(target.attempts).toHaveLength(start + 2);
    }
    expect(world.givenUp).toEqual([]);
  });

  test("is no such attempt where it had ended: it is retried at its time", async () => {
    const target = world.addTarget({ script: () => answered(500) });
    const [id = ""] = await world.send([target]);
    await world.quiet();
    target.script = () => DELIVERED;
    for (let start = 0; start < 3; start++) await killed(target);
    await world.pass(10_000, 500);
    expect(await world.fate(target, id)).toMatchObject({ status: "delivered", attempts: 2 });
  });

  test("is forgotten with its target, and held with it", async () => {
    const deleted = world.addTarget({ script: HANGS });
    const paused = world.addTarget({ script: HANGS });
    const [one = ""] = await world.send([deleted]);
    const [two = ""] = await world.send([paused]);
    await world.quiet();
    world.change(deleted, { deleted: true });
    world.change(paused, { paused: true });
    await killed(deleted, paused);
    await world.pass(10_000, 500);
    expect([await statusOf(deleted, one), await statusOf(paused, two)]).toEqual(["discarded", "held"]);
  });

  test("waits for its target's circuit as any other, and its lane waits for it", async () => {
    const target = world.addTarget({ script: HANGS, policy: { order_by: "*" } });
    for (const query of ["first", "second"]) await world.sendInLane(target, "*", query);
    await world.quiet();
    target.script = () => DELIVERED;
    await killed(target);
    await world.pass(10_000, 500);
    expect(target.attempts.map(({ event }) => event.query)).toEqual(["first", "first", "second"]);
  });
});

test("deaths at random set nothing aside that was not attempted alone, and lose nothing", async () => {
  const targets = [world.addTarget(), world.addTarget(), world.addTarget({ script: HANGS })];
  const [quick, other, slow] = targets;
  if (!quick || !other || !slow) throw new Error("three were added");
  const sent: string[] = [];
  for (let life = 0; life < 12; life++) {
    quick.script = HANGS;
    sent.push(...(await world.send([quick], 5)));
    await world.quiet();
    quick.script = () => DELIVERED;
    // Shorter than others come first.
    await world.pass((life * 700) % 2_900, 350);
    await killed(...targets);
  }
  await world.pass(30_000, 250);
  for (const id of sent) expect(await statusOf(quick, id)).toBe("delivered");
  expect(world.givenUp).toEqual([]);
});
