/** An event file that names another webhook's target, as an imported one may, sends nothing to it. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { DELIVERED, type WorldTarget } from "./scripted-targets.ts";

let world: World;
let victim: WorldTarget;
/** The same target, as the other webhook's file names it. */
let named: WorldTarget;

beforeEach(() => {
  world = createWorld();
  victim = world.addTarget();
  named = { ...victim, webhookId: world.addTarget().webhookId, attempts: [] };
});
afterEach(() => world.dispose());

const STATES = [
  ["active", {}],
  ["paused", { paused: true }],
  ["inactive", { active: false }],
  ["deleted", { deleted: true }],
] as const;

async function discarded(eventId: string): Promise<boolean> {
  return (await world.fate(named, eventId)).status === "discarded";
}

async function store(held: boolean): Promise<string> {
  const [own = ""] = await world.send([named]);
  if (!held) return own;
  const event = await world.events.findEvent(named.webhookId, own);
  if (!event) throw new Error("no such event");
  const id = newId();
  const { webhookId } = named;
  await world.events.append({
    ...event,
    id,
    webhookId,
    targets: [{ id: victim.id, settlesAtIngest: false, held: true }],
  });
  return id;
}

describe.each(STATES)("a target of another webhook that is %s", (_, state) => {
  test.each([
    ["pending", false],
    ["held", true],
  ])("gets nothing of what is %s for it, which is discarded with a reason", async (_status, held) => {
    world.change(victim, state);
    const eventId = await store(held);
    await world.until(() => discarded(eventId));
    expect((await world.fate(named, eventId)).reason).toBe("The target does not belong to this webhook.");
    expect(victim.attempts).toEqual([]);
    expect(listLedgerFaults(world.files.open(named.webhookId).db)).toEqual([]);
  });
});

test("a target's own deliveries go on while another webhook's file names it", async () => {
  const running = Promise.withResolvers<typeof DELIVERED>();
  victim.script = () => running.promise;
  const [first = ""] = await world.send([victim]);
  const stray = await world.send([named], 600);
  const [second = ""] = await world.send([victim]);
  await world.until(async () => (await Promise.all(stray.map(discarded))).every(Boolean));
  running.resolve(DELIVERED);
  for (const eventId of [first, second]) {
    await world.until(async () => (await world.fate(victim, eventId)).status === "delivered");
  }
  expect(victim.attempts.map(({ event }) => event.id).toSorted()).toEqual([first, second].toSorted());
});

test("a replay of such a delivery is discarded as well", async () => {
  const [eventId = ""] = await world.send([named]);
  await world.until(() => discarded(eventId));
  const { webhookId } = named;
  expect(world.replay({ webhookId, eventId, targetId: victim.id })).rejects.toMatchObject({
    kind: "not_found",
  });
  await world.events.replay({ webhookId, eventId, targetIds: [victim.id], now: world.clock.now() });
  await world.until(() => discarded(eventId));
  expect(victim.attempts).toEqual([]);
});

test("a circuit that such a file says is open stays closed", async () => {
  const { webhookId } = named;
  const circuit = { openedAt: world.clock.now(), reason: "It is said to be down." };
  await world.send([named]);
  await world.throttleStore.writeCircuit({ webhookId, targetId: victim.id, circuit });
  world.restart();
  await world.engine.start([webhookId]);
  await world.engine.describe(webhookId, []);
  const [state] = await world.engine.describe(victim.webhookId, [victim.id]);
  expect(state?.circuit.state).toBe("closed");
  expect(world.engine.openCircuits()).toBe(0);
});
