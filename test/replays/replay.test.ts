import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { createWorld, type World } from "../delivery/delivery-world.ts";
import { appErrorOf } from "../support/thrown.ts";

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.dispose());

test("a replay goes to all active targets, or to the one that is named, be it active or not", async () => {
  const first = world.addTarget();
  const { webhookId } = first;
  const second = world.addTarget({ webhookId });
  const [eventId = ""] = await world.send([first]);
  await world.until(() => first.attempts.length === 1);
  expect(await world.replay({ webhookId, eventId })).toEqual({ deliveries: 2 });
  await world.until(() => first.attempts.length === 2 && second.attempts.length === 1);

  world.change(second, { active: false });
  expect(await world.replay({ webhookId, eventId })).toEqual({ deliveries: 1 });
  expect(await world.replay({ webhookId, eventId, targetId: second.id })).toEqual({ deliveries: 1 });
  await world.until(() => first.attempts.length === 3);
  expect(await world.fate(second, eventId)).toMatchObject({ status: "pending" });
});

test("a replay of an event or to a target that does not exist, or is another's, is refused", async () => {
  const target = world.addTarget();
  const other = world.addTarget();
  const { webhookId } = target;
  const [eventId = ""] = await world.send([target]);
  await world.send([other]);
  const refused = [
    { webhookId, eventId: newId() },
    { webhookId: other.webhookId, eventId },
    { webhookId, eventId, targetId: other.id },
    { webhookId, eventId, targetId: newId() },
  ];
  for (const options of refused) {
    expect((await appErrorOf(() => world.replay(options))).kind).toBe("not_found");
  }
});

test("a replay without an active target is refused with a hint", async () => {
  const target = world.addTarget();
  const [eventId = ""] = await world.send([target]);
  world.change(target, { active: false });
  const error = await appErrorOf(() => world.replay({ webhookId: target.webhookId, eventId }));
  expect([error.kind, error.code]).toEqual(["conflict", "no_active_target"]);
  expect(error.hint).toContain("target_id");
});
