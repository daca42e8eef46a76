/** A pass takes a few milliseconds of the event loop at a time, however many targets have something due. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { DELIVERED, type Script } from "./scripted-targets.ts";

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.dispose());

test("once the attempts that were begun took 5 ms, the other targets' turn is the next one's", async () => {
  let begun = 0;
  const takesLong: Script = () => {
    world.clock.advance(2);
    begun++;
    return DELIVERED;
  };
  const webhookId = newId();
  const targets = Array.from({ length: 12 }, () => world.addTarget({ webhookId, script: takesLong }));
  const mostBefore = { begun: 0, inOneTurn: 0 };
  await world.send(targets);
  await world.until(() => {
    mostBefore.inOneTurn = Math.max(mostBefore.inOneTurn, begun - mostBefore.begun);
    mostBefore.begun = begun;
    return begun === targets.length;
  });
  expect(mostBefore.inOneTurn).toBe(3);
});
