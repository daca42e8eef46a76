import { describe, expect, test } from "bun:test";
import type { Job, Ran } from "../../src/sandbox/job.ts";
import { createSandboxProcess } from "../../src/sandbox/sandbox-process.ts";
import type { Child, ChildListener } from "../../src/sandbox/start-child.ts";
import { createFakeClock } from "../support/fake-clock.ts";

type FakeChild = { written: string[]; isKilled: boolean } & ChildListener;

function setUp(options: { starts?: boolean } = {}) {
  const clock = createFakeClock();
  const children: FakeChild[] = [];
  const ran: [name: string, ran: Ran][] = [];
  const process = createSandboxProcess({
    clock,
    startChild(listener): Child {
      const child: FakeChild = { written: [], isKilled: false, ...listener };
      children.push(child);
      if (options.starts === false) throw new Error("no more processes");
      return {
        pid: children.length,
        write: (lines) => child.written.push(...lines.split("\n").slice(0, -1)),
        kill() {
          child.isKilled = true;
          child.onEnd("SIGKILL");
        },
      };
    },
  });
  function ask(name: string, key = "k"): void {
    const code = { key, source: "code" };
    const job: Job = {
      code,
      input: JSON.stringify(name),
      resolve: (one) => ran.push([name, one]),
      crashes: 0,
      kills: 0,
    };
    process.ask(job);
  }
  function child(number: number): FakeChild {
    const found = children[number];
    if (!found) throw new Error(`there is no child ${number}`);
    return found;
  }
  return { clock, children, child, ran, ask, process };
}

const DONE = '5 {"dropped":true}';
const DROPPED: Ran = { dropped: true, micros: 5 };

describe("a process of the sandbox", () => {
  test("starts with the first job and is told each code once", () => {
    const { children, child, ask, ran } = setUp();
    expect(children).toHaveLength(0);
    ask("a");
    ask("b");
    expect(child(0).written).toEqual(['code k "code"', 'run k "a"', 'run k "b"']);
    child(0).onLine("ready");
    child(0).onLine(DONE);
    child(0).onLine(DONE);
    expect(ran).toEqual([
      ["a", DROPPED],
      ["b", DROPPED],
    ]);
  });

  test("takes one job of each code in turn, and no more than it can soon do", () => {
    const { child, ask } = setUp();
    for (let job = 0; job < 200; job++) ask(`slow ${job}`, "slow");
    ask("other", "other");
    expect(child(0).written.filter((line) => line.startsWith("run"))).toHaveLength(64);
    for (let answer = 0; answer < 33; answer++) child(0).onLine(DONE);
    expect(child(0).written).toContain('run other "other"');
    expect(child(0).written.filter((line) => line.startsWith("run"))).toHaveLength(64 + 33);
  });

  test("blames the run under way when it overran, and gives the others to the next one", () => {
    const { child, ask, ran } = setUp();
    for (const name of ["a", "b", "c"]) ask(name);
    child(0).onLine("ready");
    child(0).onLine(DONE);
    child(0).onLine("overran");
    child(0).onEnd("SIGKILL");
    expect(ran.at(-1)).toEqual(["b", { killed: true }]);
    expect(child(1).written).toEqual(['code k "code"', 'run k "c"']);
  });

  test("blames nobody when it was killed by somebody else, or ended to give memory back", () => {
    const { child, ask, ran } = setUp();
    ask("a");
    child(0).onLine("ready");
    child(0).onEnd("SIGKILL");
    expect(child(1).written).toContain('run k "a"');
    child(1).onLine("ready");
    child(1).onLine("retired");
    child(1).onEnd("SIGKILL");
    expect(child(2).written).toContain('run k "a"');
    expect(ran).toEqual([]);
  });

  test("blames a run during which three of them crashed", () => {
    const { child, ask, ran } = setUp();
    ask("a");
    ask("b");
    for (let number = 0; number < 3; number++) {
      child(number).onLine("ready");
      child(number).onEnd("SIGSEGV");
    }
    expect(ran).toEqual([["a", { killed: true }]]);
    expect(child(3).written).toContain('run k "b"');
  });

  test("gives up a run during which somebody killed twenty of them, and not sooner", () => {
    const { child, ask, ran } = setUp();
    ask("a");
    for (let number = 0; number < 20; number++) {
      expect(ran).toEqual([]);
      child(number).onLine("ready");
      child(number).onEnd("SIGKILL");
    }
    expect(ran).toEqual([["a", { killed: true }]]);
  });

  test("tells those who wait when it does not start three times", () => {
    const { clock, ask, ran, children } = setUp({ starts: false });
    ask("a");
    for (let start = 0; start < 2; start++) clock.advance(200);
    expect(children).toHaveLength(3);
    expect(ran).toEqual([["a", { unavailable: "the sandbox does not start: no more processes" }]]);
  });

  test("counts one that ends before it is ready as not started", () => {
    const { clock, child, ask, ran } = setUp();
    ask("a");
    for (let start = 0; start < 3; start++) {
      child(start).onEnd(null);
      clock.advance(200);
    }
    expect(ran).toEqual([["a", { unavailable: "the sandbox does not start: it ended at once" }]]);
  });

  test("ends after a minute's rest, and not while it works", () => {
    const { clock, child, ask } = setUp();
    ask("a");
    child(0).onLine("ready");
    clock.advance(5_000);
    child(0).onLine(DONE);
    clock.advance(55_000);
    expect(child(0).isKilled).toBe(false);
    clock.advance(10_000);
    expect(child(0).isKilled).toBe(true);
    ask("b");
    expect(child(1).written).toContain('run k "b"');
  });

  test("is killed when it stays silent over a run", () => {
    const { clock, child, ask } = setUp();
    ask("a");
    child(0).onLine("ready");
    clock.advance(15_000);
    expect(child(0).isKilled).toBe(true);
    expect(child(1).written).toContain('run k "a"');
  });

  test("tells what it cannot read as a fault", () => {
    const { child, ask, ran } = setUp();
    for (const name of ["a", "b", "c"]) ask(name);
    for (const line of ["5 undefined", '5 {"changes":{"body":1}}', "nonsense"]) child(0).onLine(line);
    expect(ran.map(([, one]) => "fault" in one && one.fault.message)).toEqual(
      Array(3).fill("It answered with nothing that can be read."),
    );
  });

  test("answers everything when it stops", () => {
    const { ask, ran, process, child } = setUp();
    for (let job = 0; job < 70; job++) ask(`${job}`);
    process.stop();
    expect(child(0).isKilled).toBe(true);
    expect(ran).toHaveLength(70);
  });
});
