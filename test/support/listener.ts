/** Runs `webhooker listen` of the compiled executable as a process of its own. */
import { rmSync } from "node:fs";
import { makeTestFolder } from "./folder.ts";
import { executable } from "./gateway.ts";

export type Listening = Readonly<{
  pid: number;
  /** Text that it told people so far. */
  told: () => string;
  /** Resolves once that has a match; rejects if the process ends without one. */
  waitToTell: (pattern: RegExp) => Promise<void>;
  signal: (name: "SIGINT" | "SIGKILL" | "SIGSTOP" | "SIGCONT") => void;
  /** Resolves with the exit code, and what it printed for programs. */
  finished: Promise<{ code: number | null; out: string }>;
}>;

export function startListening(options: { url: string; key: string; args: readonly string[] }): Listening {
  const { url, key, args } = options;
  const folder = makeTestFolder("listen");
  const child = Bun.spawn([executable(), "listen", ...args], {
    cwd: folder,
    env: { HOME: folder, WEBHOOKER_URL: url, WEBHOOKER_API_KEY: key },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let told = "";
  let hasEnded = false;
  const waiting = new Set<() => void>();

  async function hear(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      told += decoder.decode(chunk, { stream: true });
      for (const wake of waiting) wake();
    }
    hasEnded = true;
    for (const wake of waiting) wake();
  }

  async function finish() {
    const [out] = await Promise.all([new Response(child.stdout).text(), hear(), child.exited]);
    rmSync(folder, { recursive: true, force: true });
    return { code: child.signalCode === null ? child.exitCode : null, out };
  }

  return {
    pid: child.pid,
    told: () => told,
    async waitToTell(pattern) {
      while (!pattern.test(told)) {
        if (hasEnded) throw new Error(`it ended without ${pattern}: ${told}`);
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
    signal: (name) => child.kill(name),
    finished: finish(),
  };
}
