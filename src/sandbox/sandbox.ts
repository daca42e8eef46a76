/** Runs transformations outside of this process, and those that take long apart from the others. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../lib/clock.ts";
import type { Fault, TransformInput } from "./answer.ts";
import type { Code, Ran } from "./job.ts";
import { createSandboxProcess } from "./sandbox-process.ts";
import { type Child, type ChildListener, startChild } from "./start-child.ts";

/** Code runs beside others' only after so many runs in a row that were short. */
const PROBATION_RUNS = 20;
const SHORT_MICROS = 10_000;
const MOST_KILLS = 3;
/** Versions of code that are remembered; a forgotten one is on probation again. */
const MOST_KNOWN = 10_000;

type Conduct = { shortRuns: number; kills: number };

export type Sandbox = Readonly<{
  /** Never rejects. */
  run: (code: Code, input: TransformInput) => Promise<Ran>;
  /** What is wrong with code that cannot even be loaded; null where nothing is, or nothing is known. Never rejects. */
  check: (source: string) => Promise<Fault | null>;
  /** Process ids of the children that are running. */
  pids: () => readonly number[];
  /** Those who wait are told that it is stopping. */
  stop: () => void;
}>;

export function createSandbox(deps: {
  clock: Clock;
  /** The code was killed so often in a row that it is not run any more. */
  onDisabled?: (code: Code) => void;
  startChild?: (listener: ChildListener) => Child;
}): Sandbox {
  const start = {
    clock: deps.clock,
    startChild: deps.startChild ?? ((listener: ChildListener) => startChild(listener)),
  };
  const proven = createSandboxProcess(start);
  const probation = createSandboxProcess(start);
  const conducts = new LRUCache<string, Conduct>({ max: MOST_KNOWN });

  function conductOf({ key }: Code): Conduct {
    const known = conducts.get(key);
    if (known) return known;
    const conduct: Conduct = { shortRuns: 0, kills: 0 };
    conducts.set(key, conduct);
    return conduct;
  }

  function note(code: Code, ran: Ran): Ran {
    const conduct = conductOf(code);
    if ("killed" in ran) {
      conduct.shortRuns = 0;
      conduct.kills++;
      if (conduct.kills === MOST_KILLS) deps.onDisabled?.(code);
    } else if ("micros" in ran) {
      conduct.shortRuns = ran.micros <= SHORT_MICROS ? conduct.shortRuns + 1 : 0;
      if (conduct.kills < MOST_KILLS) conduct.kills = 0;
    }
    return ran;
  }

  function ask(code: Code, input: string | null): Promise<Ran> {
    const conduct = conductOf(code);
    if (conduct.kills >= MOST_KILLS) return Promise.resolve({ disabled: true });
    const process = conduct.shortRuns >= PROBATION_RUNS ? proven : probation;
    return new Promise((resolve) => {
      process.ask({ code, input, resolve: (ran) => resolve(note(code, ran)), crashes: 0, kills: 0 });
    });
  }

  return {
    run: (code, input) => ask(code, JSON.stringify(input)),
    async check(source) {
      const key = `check:${createHash("sha256").update(source).digest("base64url")}`;
      const ran = await ask({ key, source }, null);
      if ("killed" in ran || "disabled" in ran)
        return { message: "It cannot be loaded: it had to be killed." };
      return "fault" in ran ? ran.fault : null;
    },
    pids: () => [proven.pid(), probation.pid()].filter((pid) => pid !== null),
    stop() {
      proven.stop();
      probation.stop();
    },
  };
}
