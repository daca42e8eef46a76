/** Starts this program again as a child: with an empty environment, outside of any folder of people's. */
import { setPriority } from "node:os";
import { parse } from "node:path";
import { limitWords, SANDBOX_ARGUMENT, type SandboxLimits, USUAL_LIMITS } from "./protocol.ts";

/** Where the sources of an executable are, on each system. */
const EMBEDDED = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/;
/** Longest line of the child: a body of 4 MiB of which JSON escapes every character. */
const MOST_LINE = 32 * 2 ** 20;
const NEWLINE = 10;

export type Child = Readonly<{
  pid: number;
  write: (lines: string) => void;
  kill: () => void;
}>;

export type ChildListener = Readonly<{
  onLine: (line: string) => void;
  /** Called once, after its last line, with the signal that ended it; null where none did. */
  onEnd: (signal: string | null) => void;
}>;

/** Niceness, of at most 19: acknowledging and delivering come first. */
const LOW_PRIORITY = 10;

export type ChildOptions = Readonly<{
  /** Command that starts this program; by default as it was started itself. */
  program?: readonly string[];
  /** The arguments that say what the child is; by default those of a sandbox with `limits`. */
  words?: readonly string[];
  limits?: SandboxLimits;
  priority?: number;
}>;

/** Throws where the system starts no process. */
export function startChild({ onLine, onEnd }: ChildListener, options: ChildOptions = {}): Child {
  const { program = ownProgram(), limits = USUAL_LIMITS, priority = LOW_PRIORITY } = options;
  const { words = [SANDBOX_ARGUMENT, ...limitWords(limits)] } = options;
  const process = Bun.spawn([...program, ...words], {
    // The zone is UTC on every machine. A child in an endless loop would not see that its input has ended when the
    // gateway is killed: the runtime's own watch ends it.
    env: { TZ: "UTC", BUN_OPTIONS: "--no-orphans" },
    cwd: parse(import.meta.dir).root,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  // It keeps no program running that has stopped.
  process.unref();
  lowerPriority(process.pid, priority);
  const kill = () => process.kill("SIGKILL");
  void readLines(process.stdout, onLine)
    .catch(kill)
    .then(() => process.exited)
    .then(() => onEnd(typeof process.signalCode === "string" ? process.signalCode : null));
  return {
    pid: process.pid,
    write(lines) {
      // A child that has just ended takes nothing: its end is told by what it printed.
      void ignoring(async () => {
        await process.stdin.write(lines);
        await process.stdin.flush();
      });
    },
    kill,
  };
}

async function ignoring(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch {
    // See above.
  }
}

/** Not where the system refuses it: then it runs like any other. */
function lowerPriority(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch {
    // See above.
  }
}

function ownProgram(): readonly string[] {
  if (EMBEDDED.test(Bun.main)) return [process.execPath];
  return [process.execPath, Bun.fileURLToPath(new URL("../main.ts", import.meta.url))];
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      onLine(Buffer.concat([...parts, chunk.subarray(from, end)]).toString());
      [parts, length, from] = [[], 0, end + 1];
    }
    parts.push(chunk.subarray(from));
    length += chunk.byteLength - from;
    if (length > MOST_LINE) throw new Error("the child wrote a line that is too long");
  }
}
