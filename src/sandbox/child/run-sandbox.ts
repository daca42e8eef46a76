/** The sandbox's own process: runs transformations one after the other, until nobody asks any more. */
import enginePath from "@jitl/quickjs-wasmfile-release-sync/wasm" with { type: "file" };
import { type ChildOrder, READY, RETIRED, readLimits, readOrder } from "../protocol.ts";
import { markDeepBody } from "./deep-body.ts";
import { createMachines, type Machines } from "./machines.ts";
import { createLineReader, writeLine } from "./read-lines.ts";
import { keepUnchangedBody } from "./unchanged-body.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";

const STDIN = 0;
const STDOUT = 1;
/** The process ends above this and is started anew. */
const MOST_MEMORY = 150 * 2 ** 20;
/** Its memory is looked at after so many runs, and after each that took long. */
const LOOK_EVERY = 64;
const LONG_RUN_MS = 5;

/** `words` are the program's arguments after the one that led here. */
export async function runSandbox(words: readonly string[]): Promise<never> {
  const { runMs, killMs } = readLimits(words);
  try {
    const engine = await WebAssembly.compile(await Bun.file(enginePath).arrayBuffer());
    await serve(createMachines(engine, runMs), startWatchdog(killMs));
  } catch {
    // The gateway has gone, or sees that this has.
  }
  return end();
}

async function serve(machines: Machines, watchdog: Watchdog): Promise<void> {
  const nextLine = createLineReader(STDIN);
  writeLine(STDOUT, READY);
  let sinceLook = 0;
  for (let line = nextLine(); line !== null; line = nextLine()) {
    const { verb, key, rest } = readOrder(line);
    if (verb === "code") {
      machines.learn(key, JSON.parse(rest));
      continue;
    }
    watchdog.begin();
    const startedAt = performance.now();
    const answer = await answerOf(machines, { verb, key, rest });
    const tookMs = performance.now() - startedAt;
    watchdog.end();
    writeLine(STDOUT, `${Math.round(tookMs * 1000)} ${answer}`);
    sinceLook += tookMs > LONG_RUN_MS ? LOOK_EVERY : 1;
    if (sinceLook < LOOK_EVERY) continue;
    sinceLook = 0;
    if (process.memoryUsage.rss() > MOST_MEMORY) return writeLine(STDOUT, RETIRED);
  }
}

async function answerOf(machines: Machines, { verb, key, rest }: ChildOrder): Promise<string> {
  const made = await machines.get(key);
  if (made === null) return JSON.stringify({ fault: { message: "Its code is not known." } });
  if ("fault" in made) return JSON.stringify({ fault: made.fault });
  if (verb === "load") return JSON.stringify({ changes: {} });
  const input = markDeepBody(rest);
  const answer = keepUnchangedBody(input, made.machine.run(input));
  if (made.machine.isSpent()) machines.drop(key);
  return answer;
}

/** Killed rather than left: at an exit the runtime would wait for the watchdog. */
function end(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("not reached");
}
