import { expect, test } from "bun:test";
import { Places } from "../../src/delivery/slots.ts";
import { type Lane, Lanes } from "../../src/delivery/target-queue.ts";

const places = new Places();

function setUp() {
  const lanes = new Lanes();
  const add = (targetId: string) => lanes.getOrAdd("w", targetId, () => places.newShare());
  return { lanes, add };
}

function takeAll(lanes: Lanes): string[] {
  const taken: string[] = [];
  for (let lane = lanes.next(); lane; lane = lanes.next()) taken.push(lane.targetId);
  return taken;
}

test("lanes have their turn in the order in which they became ready, each once", () => {
  const { lanes, add } = setUp();
  for (const targetId of ["b", "a", "b", "c", "a"]) lanes.enqueue(add(targetId));
  expect(takeAll(lanes)).toEqual(["b", "a", "c"]);
  expect(lanes.hasReady).toBe(false);
});

test("a starved lane has its turn after those that are ready, once it is asked back", () => {
  const { lanes, add } = setUp();
  lanes.starve(add("a"));
  lanes.enqueue(add("b"));
  expect([lanes.hasReady, lanes.hasStarved]).toEqual([true, true]);
  lanes.requeueStarved();
  expect(takeAll(lanes)).toEqual(["b", "a"]);
  expect(lanes.hasStarved).toBe(false);
});

test("a lane is forgotten only when nothing is to come of it", () => {
  const needs: ((lane: Lane, lanes: Lanes) => void)[] = [
    (lane) => {
      lane.dueAt = 1;
    },
    (lane) => {
      lane.holds = 1;
    },
    (lane) => {
      lane.hasHeld = true;
    },
    (lane) => lane.share.inFlight.set("e", 1),
    (lane, lanes) => lanes.enqueue(lane),
  ];
  for (const need of needs) {
    const { lanes, add } = setUp();
    const lane = add("a");
    need(lane, lanes);
    lanes.forgetIfIdle(lane);
    expect(add("a")).toBe(lane);
  }
  const { lanes, add } = setUp();
  const lane = add("a");
  lanes.starve(lane);
  lanes.forgetIfIdle(lane);
  expect([...lanes.all(), lanes.hasStarved]).toEqual([false]);
  expect(add("a")).not.toBe(lane);
});
