import { expect, test } from "bun:test";
import fc from "fast-check";
import type { DeliveryStatus } from "../../src/storage/event-db/types.ts";
import { drawFrom } from "../support/draw.ts";
import { createWorld } from "./delivery-world.ts";
import { DELIVERED, FAILED, type Script, type WorldTarget } from "./scripted-targets.ts";

const ENDS: readonly DeliveryStatus[] = ["delivered", "failed"];

async function stress(seed: number): Promise<void> {
  const random = drawFrom(seed);
  const world = createWorld({ random });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const script: Script = async () => {
    // Ends after any number of turns or microtasks, so that it meets passes at every point.
    for (let left = Math.floor(random() * 4); left > 0; left--) await (random() < 0.5 ? turn() : undefined);
    if (random() < 0.02) throw new Error("a fault");
    if (random() < 0.05) return { kind: "failed", retryable: false, error: "no use", response: null };
    return random() < 0.4 ? FAILED : DELIVERED;
  };
  const targets: WorldTarget[] = [];
  while (targets.length < 30) {
    const other = targets[Math.floor(random() * targets.length)];
    const webhookId = other && random() < 0.7 ? { webhookId: other.webhookId } : {};
    targets.push(world.addTarget({ ...webhookId, script, maxAttempts: 1 + Math.floor(random() * 5) }));
  }
  const sent: { target: WorldTarget; eventId: string }[] = [];
  for (let round = 0; round < 100; round++) {
    const target = targets[Math.floor(random() * targets.length)];
    if (!target) continue;
    const act = random();
    if (act < 0.1) world.change(target, { active: random() < 0.5 });
    else if (act < 0.15) world.faults.settle.error = random() < 0.5 ? new Error("disk full") : null;
    else if (act < 0.2) world.faults.claimDue.error = random() < 0.5 ? new Error("unreadable") : null;
    else if (act < 0.3) world.clock.advance(Math.floor(random() * 8_000));
    const eventIds = await world.send([target], 1 + Math.floor(random() * 12));
    for (const eventId of eventIds) sent.push({ target, eventId });
    if (random() < 0.1) {
      const { webhookId } = target;
      await world.replay({ webhookId, eventId: eventIds[0] ?? "", targetId: target.id });
    }
  }
  world.faults.settle.error = null;
  world.faults.claimDue.error = null;
  for (const target of targets) world.change(target, { active: true });
  await world.quiet();
  await world.pass(60_000, 1_000);
  await world.pass(3_600_000, 20_000);

  for (const { target, eventId } of sent) {
    const { status, attempts } = await world.fate(target, eventId);
    expect(ENDS).toContain(status);
    expect(attempts).toBeGreaterThan(0);
  }
  expect(targets.flatMap((target) => target.overlaps)).toEqual([]);
  expect(world.engine.inFlight()).toBe(0);
  world.calls.length = 0;
  await world.pass(60_000);
  expect(world.calls).toEqual([]);
  await world.dispose();
}

test("whatever ends when, every delivery comes to its end and then all is quiet", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), (seed) => stress(seed)),
    { numRuns: 3 },
  );
}, 60_000);
