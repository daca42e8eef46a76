/** Runs transformations outside of this process, and those that take long apart from the others. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../lib/clock.ts";
import type { Fault, TransformInput } from "./answer.ts";
import { Conduct } from "./conduct.ts";
import type { Code, Ran } from "./job.ts";
import { createSandboxProcess } from "./sandbox-process.ts";
import { type Child, type ChildListener, startChild } from "./start-child.ts";

/** Versions of code that are remembered; a forgotten one is new again. */
const MOST_KNOWN = 10_000;

export type Sandbox = Readonly<{
  /** Never rejects. */
  run: (code: Code, input: TransformInput) => Promise<Ran>;
  /** Resolves with the fault of code that cannot even be loaded; null where none is, or is known. Never rejects. */
  check: (source: string) => Promise<Fault | null>;
  /** Process ids of the children that are running. */
  pids: () => readonly number[];
  /** Those who wait are told that it is stopping. */
  stop: () => void;
}>;

export function createSandbox(deps: {
  clock: Clock;
  /** The code was killed so often in a row that it is not run any more, or not for a while if it worked before. */
  onStopped?: (code: Code, standing: "disabled" | "resting") => void;
  startChild?: (listener: ChildListener) => Child;
}): Sandbox {
  const { clock } = deps;
  const start = { clock, startChild: deps.startChild ?? ((listener: ChildListener) => startChild(listener)) };
  // Apart, because code that runs long has that of all others in its process wait.
  const processes = {
    proven: createSandboxProcess(start),
    new: createSandboxProcess(start),
    aside: createSandboxProcess(start),
  };
  const all = Object.values(processes);
  const conducts = new LRUCache<string, Conduct>({ max: MOST_KNOWN });

  function conductOf({ key, isDraft = false }: Code): Conduct {
    const known = conducts.get(key);
    if (known) return known;
    const conduct = new Conduct(isDraft);
    conducts.set(key, conduct);
    return conduct;
  }

  function note(code: Code, ran: Ran): Ran {
    const conduct = conductOf(code);
    if ("micros" in ran) conduct.noteRun(ran.micros);
    if (!("killed" in ran)) return ran;
    const now = clock.monotonic();
    const before = conduct.standingAt(now);
    conduct.noteKill(now);
    const standing = conduct.standingAt(now);
    if (standing !== before && (standing === "disabled" || standing === "resting"))
      deps.onStopped?.(code, standing);
    return ran;
  }

  function ask(code: Code, input: string | null): Promise<Ran> {
    const standing = conductOf(code).standingAt(clock.monotonic());
    if (standing === "disabled") return Promise.resolve({ disabled: true });
    if (standing === "resting") return Promise.resolve(RESTING);
    return new Promise((resolve) => {
      const resolveNoted = (ran: Ran) => resolve(note(code, ran));
      processes[standing].ask({ code, input, resolve: resolveNoted, crashes: 0, kills: 0 });
    });
  }

  return {
    run: (code, input) => ask(code, JSON.stringify(input)),
    async check(source) {
      const key = `check:${createHash("sha256").update(source).digest("base64url")}`;
      const ran = await ask({ key, source, isDraft: true }, null);
      if ("killed" in ran || "disabled" in ran)
        return { message: "It cannot be loaded: it had to be killed." };
      return "fault" in ran ? ran.fault : null;
    },
    pids: () => all.map((each) => each.pid()).filter((pid) => pid !== null),
    stop() {
      for (const each of all) each.stop();
    },
  };
}

const RESTING: Ran = {
  unavailable: "it rests for a while, because it had to be killed three times in a row",
};
