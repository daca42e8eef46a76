import { expect, test } from "bun:test";
import fc from "fast-check";
import { createBodyMemory } from "../../src/ingest/body-memory.ts";
import { AppError } from "../../src/lib/errors.ts";

const SMALL = 64 * 1024;
const MAX = 1_000_000;

function fits(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.kind === "unavailable") return false;
    throw error;
  }
}

test("twelve of the largest fit, and then none until one is given back", () => {
  const memory = createBodyMemory(MAX);
  for (let each = 0; each < 12; each++) memory.resize(0, MAX);
  expect(fits(() => memory.resize(0, MAX))).toBe(false);
  expect(fits(() => memory.resize(0, SMALL))).toBe(true);
  memory.resize(MAX, 0);
  expect(fits(() => memory.resize(0, MAX))).toBe(true);
});

test("many small ones have an end too, and leave the large their room", () => {
  const memory = createBodyMemory(MAX);
  let count = 0;
  while (fits(() => memory.resize(0, SMALL))) count++;
  expect(count).toBe(1_024);
  expect(fits(() => memory.resize(0, MAX))).toBe(true);
});

test("a body that grows needs room for what is added, and for all of it where it becomes a large one", () => {
  const memory = createBodyMemory(MAX);
  for (let each = 0; each < 11; each++) memory.resize(0, MAX);
  memory.resize(0, SMALL + 1);
  memory.resize(0, SMALL);
  expect(fits(() => memory.resize(SMALL, MAX - SMALL))).toBe(false);
  expect(fits(() => memory.resize(SMALL, MAX - SMALL - 1))).toBe(true);
  memory.resize(MAX - SMALL - 1, 0);
  expect(fits(() => memory.resize(SMALL + 1, MAX + 1))).toBe(false);
  expect(fits(() => memory.resize(SMALL + 1, MAX))).toBe(true);
});

test("whatever grows, is refused and ends: what was given back can be had again", () => {
  const size = fc.oneof(fc.nat(SMALL), fc.integer({ min: SMALL, max: MAX }));
  const step = fc.record({ body: fc.nat(19), size });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const memory = createBodyMemory(MAX);
      const sizes = new Array<number>(20).fill(0);
      for (const { body, size: to } of steps) {
        const from = sizes[body] ?? 0;
        if (fits(() => memory.resize(from, to))) sizes[body] = to;
        const held = sizes.filter((each) => each > SMALL).reduce((sum, each) => sum + each, 0);
        expect(held).toBeLessThanOrEqual(12 * MAX);
      }
      for (const from of sizes) memory.resize(from, 0);
      for (let each = 0; each < 12; each++) memory.resize(0, MAX);
      expect(fits(() => memory.resize(0, SMALL + 1))).toBe(false);
    }),
  );
});
