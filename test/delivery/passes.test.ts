import { expect, test } from "bun:test";
import { createPasses } from "../../src/delivery/passes.ts";
import { gate } from "./scripted-targets.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each++) await turn();
}

test("many requests of one turn become one pass", async () => {
  let count = 0;
  const passes = createPasses(async () => {
    count++;
  });
  for (let each = 0; each < 10; each++) passes.ask();
  await turns(5);
  expect(count).toBe(1);
});

test("what is asked for during a pass is done by the next, and never two run at once", async () => {
  const gates = [gate(), gate()];
  let begun = 0;
  let running = 0;
  let mostRunning = 0;
  const passes = createPasses(async () => {
    mostRunning = Math.max(mostRunning, ++running);
    await gates[begun++]?.opened;
    running--;
  });
  passes.ask();
  await turns(3);
  passes.ask();
  passes.ask();
  await turns(3);
  expect(begun).toBe(1);
  gates[0]?.open();
  await turns(3);
  expect(begun).toBe(2);
  gates[1]?.open();
  await turns(3);
  expect([begun, mostRunning]).toEqual([2, 1]);
});

test("a request in the last moment of a pass is not lost", async () => {
  // The request may come any number of microtasks after the pass's end.
  for (let microtasks = 0; microtasks < 12; microtasks++) {
    let count = 0;
    const passes = createPasses(async () => {
      count++;
      if (count === 1) void askSoon();
    });
    async function askSoon(): Promise<void> {
      for (let each = 0; each < microtasks; each++) await Promise.resolve();
      passes.ask();
    }
    passes.ask();
    await turns(4);
    expect(count).toBe(2);
  }
});

test("a stop waits for the pass under way and lets none begin", async () => {
  const { opened, open } = gate();
  let count = 0;
  const passes = createPasses(async () => {
    count++;
    await opened;
  });
  passes.ask();
  await turns(2);
  passes.ask();
  let isStopped = false;
  const stopping = passes.stop().then(() => {
    isStopped = true;
  });
  await turns(3);
  expect(isStopped).toBe(false);
  open();
  await stopping;
  passes.ask();
  await turns(3);
  expect(count).toBe(1);
});
