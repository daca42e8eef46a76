import { describe, expect, test } from "bun:test";
import { Conduct } from "../../src/sandbox/conduct.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import type { ChildListener } from "../../src/sandbox/start-child.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { inputOf } from "./support.ts";

const MINUTE = 60_000;

function work(conduct: Conduct, runs = 20): void {
  for (let run = 0; run < runs; run++) conduct.noteRun(100);
}

describe("code", () => {
  test("is proven by 20 short runs in a row, and stands aside from a long one on until it is again", () => {
    const conduct = new Conduct(false);
    work(conduct, 19);
    expect(conduct.standingAt(0)).toBe("new");
    work(conduct, 1);
    expect(conduct.standingAt(0)).toBe("proven");
    conduct.noteRun(10_001);
    expect(conduct.standingAt(0)).toBe("aside");
    work(conduct);
    expect(conduct.standingAt(0)).toBe("proven");
    expect(new Conduct(true).standingAt(0)).toBe("aside");
  });

  test("that has never worked is disabled by three kills in a row, for good", () => {
    const conduct = new Conduct(false);
    for (let time = 0; time < 3; time++) {
      conduct.noteKill(0);
      conduct.noteKill(0);
      expect(conduct.standingAt(0)).toBe("aside");
      work(conduct, 1);
    }
    for (let kill = 0; kill < 3; kill++) conduct.noteKill(0);
    work(conduct);
    expect(conduct.standingAt(1_000 * MINUTE)).toBe("disabled");
  });

  test("that has worked rests after three kills in a row, longer each time until a run ends by itself", () => {
    const conduct = new Conduct(false);
    work(conduct);
    let now = 0;
    const restsFor = () => {
      for (let kill = 0; kill < 3; kill++) conduct.noteKill(now);
      const begun = now;
      while (conduct.standingAt(now) === "resting") now += MINUTE;
      expect(conduct.standingAt(now)).toBe("aside");
      return (now - begun) / MINUTE;
    };
    expect(Array.from({ length: 7 }, restsFor)).toEqual([1, 2, 4, 8, 16, 30, 30]);
    work(conduct, 1);
    expect(restsFor()).toBe(1);
  });
});

test("code whose first run is killed has no other new code wait for the next, and drafts never do", async () => {
  const children: (ChildListener & { ran: string[] })[] = [];
  const sandbox = createSandbox({
    clock: createFakeClock(),
    startChild(listener) {
      const ran: string[] = [];
      children.push({ ...listener, ran });
      const write = (lines: string) =>
        void ran.push(...[...lines.matchAll(/^run (\S+)/gm)].map(([, key = ""]) => key));
      return { pid: children.length, write, kill: () => undefined };
    },
  });
  const ran = () => children.map((child) => child.ran);
  const bad = { key: "bad", source: "" };
  const killed = sandbox.run(bad, inputOf());
  for (const line of ["ready", "overran"]) children[0]?.onLine(line);
  children[0]?.onEnd("SIGKILL");
  expect(await killed).toEqual({ killed: true });
  void sandbox.run(bad, inputOf());
  void sandbox.run({ key: "good", source: "" }, inputOf());
  void sandbox.run({ key: "draft", source: "", isDraft: true }, inputOf());
  expect(ran()).toEqual([["bad"], ["bad", "draft"], ["good"]]);
  sandbox.stop();
});
