/** Gives jobs to one child process, and starts another one when it ends: no job is lost with it. */
import { createAlarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import { errorMessage } from "../lib/errors.ts";
import { readAnswer } from "./answer.ts";
import type { Job, Ran } from "./job.ts";
import { JobQueue } from "./job-queue.ts";
import { codeLine, loadLine, OVERRAN, READY, RETIRED, runLine } from "./protocol.ts";
import type { Child, ChildListener } from "./start-child.ts";

/** Runs that the child has been given: enough for it to have work while this process has other work to do. */
const MOST_GIVEN = 64;
/** Below this many it is given more, many at a time: each write costs as much as the run itself. */
const FEW_GIVEN = 32;
const MOST_GIVEN_CHARACTERS = 8 * 2 ** 20;
/** A child without work ends after this long. */
const REST_MS = 60_000;
/** A child that neither answers nor ends is killed. Its own watchdog is much quicker. */
const SILENT_MS = 10_000;
const LOOK_EVERY_MS = 5_000;
/** A job during which the child crashed so often is to blame. */
const MOST_CRASHES = 3;
/** Somebody else's kills say nothing of the code, but it is not to be run for ever. */
const MOST_KILLS = 20;
/** Starts that failed in a row, after which those who wait are told. */
const MOST_FAILED_STARTS = 3;
const START_AGAIN_MS = 200;

type Running = {
  readonly child: Child;
  readonly known: Set<string>;
  isReady: boolean;
  /** It was killed because it did not answer. */
  isSilent: boolean;
  /** It said itself why it ends. */
  lastWord: typeof RETIRED | typeof OVERRAN | null;
};

export type SandboxProcess = Readonly<{
  ask: (job: Job) => void;
  /** Process id of the child; null where none is running. */
  pid: () => number | null;
  stop: () => void;
}>;

export function createSandboxProcess(deps: {
  clock: Clock;
  startChild: (listener: ChildListener) => Child;
}): SandboxProcess {
  const { clock } = deps;
  const queue = new JobQueue();
  const alarm = createAlarm(clock, look);
  let given: Job[] = [];
  let givenCharacters = 0;
  let running: Running | null = null;
  let lastProgress = 0;
  let failedStarts = 0;
  let isPausing = false;
  let isStopped = false;

  function pump(): void {
    if (isStopped || isPausing || queue.isEmpty) return;
    running ??= start();
    if (running === null) return;
    let lines = "";
    for (let job = queue.take(fits); job !== null; job = queue.take(fits)) {
      if (given.length === 0) lastProgress = clock.monotonic();
      if (!running.known.has(job.code.key)) lines += codeLine(job.code.key, job.code.source);
      running.known.add(job.code.key);
      lines += job.input === null ? loadLine(job.code.key) : runLine(job.code.key, job.input);
      given.push(job);
      givenCharacters += lengthOf(job);
    }
    if (lines !== "") running.child.write(lines);
  }

  function fits(job: Job): boolean {
    if (given.length === 0) return true;
    return given.length < MOST_GIVEN && givenCharacters + lengthOf(job) <= MOST_GIVEN_CHARACTERS;
  }

  function start(): Running | null {
    try {
      const child = deps.startChild({
        onLine: (line) => started === running && hear(started, line),
        onEnd: (signal) => started === running && lose(started, signal),
      });
      const started: Running = { child, known: new Set(), isReady: false, isSilent: false, lastWord: null };
      lastProgress = clock.monotonic();
      alarm.ringIn(LOOK_EVERY_MS);
      return started;
    } catch (error) {
      noteFailedStart(errorMessage(error));
      return null;
    }
  }

  function hear(from: Running, line: string): void {
    lastProgress = clock.monotonic();
    if (line === READY) {
      from.isReady = true;
      failedStarts = 0;
    } else if (line === RETIRED || line === OVERRAN) {
      from.lastWord = line;
    } else {
      const job = given.shift();
      if (job === undefined) {
        from.child.kill();
        return;
      }
      givenCharacters -= lengthOf(job);
      job.resolve(readAnswer(line) ?? UNREADABLE);
      if (given.length < FEW_GIVEN) pump();
    }
  }

  function lose({ isReady, isSilent, lastWord }: Running, signal: string | null): void {
    running = null;
    const [first, ...others] = given;
    given = [];
    givenCharacters = 0;
    if (first) {
      if (isReady && lastWord === null) noteLoss(first, isSilent ? null : signal);
      const isToBlame = lastWord === OVERRAN || first.crashes >= MOST_CRASHES || first.kills >= MOST_KILLS;
      queue.putBack(isToBlame ? others : [first, ...others]);
      if (isToBlame) first.resolve({ killed: true });
    }
    if (isReady) pump();
    else noteFailedStart("it ended at once");
  }

  function noteFailedStart(reason: string): void {
    failedStarts++;
    if (failedStarts >= MOST_FAILED_STARTS) {
      failedStarts = 0;
      for (const job of queue.takeAll())
        job.resolve({ unavailable: `the sandbox does not start: ${reason}` });
    }
    isPausing = true;
    clock.after(START_AGAIN_MS, () => {
      isPausing = false;
      pump();
    });
  }

  function look(): void {
    if (running === null) return;
    const silentMs = clock.monotonic() - lastProgress;
    if (silentMs >= (given.length > 0 ? SILENT_MS : REST_MS)) {
      running.isSilent = true;
      running.child.kill();
    }
    alarm.ringIn(LOOK_EVERY_MS);
  }

  return {
    ask(job) {
      queue.add(job);
      pump();
    },
    pid: () => running?.child.pid ?? null,
    stop() {
      isStopped = true;
      alarm.stop();
      running?.child.kill();
      running = null;
      for (const job of [...given, ...queue.takeAll()]) job.resolve(STOPPING);
      given = [];
    },
  };
}

/** Somebody else kills with a signal that no crash has. */
function noteLoss(job: Job, signal: string | null): void {
  if (signal === "SIGKILL" || signal === "SIGTERM") job.kills++;
  else job.crashes++;
}

const lengthOf = ({ input, code }: Job): number => input?.length ?? code.source.length;

const UNREADABLE: Ran = { fault: { message: "It answered with nothing that can be read." }, micros: 0 };
const STOPPING: Ran = { unavailable: "the gateway is stopping" };
