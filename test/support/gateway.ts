/** Runs the compiled executable in an empty folder with an empty environment, as after a download. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ApiClient } from "./api-client.ts";
import { makeTestFolder } from "./folder.ts";

/** WEBHOOKER_EXECUTABLE names another build to test, such as a downloaded release. */
const EXECUTABLE = Bun.env.WEBHOOKER_EXECUTABLE ?? join(import.meta.dir, "../../dist/webhooker");

export type Environment = Readonly<Record<string, string>>;

export type Finished = Readonly<{
  code: number | null;
  signal: Bun.Subprocess["signalCode"];
  out: string;
  err: string;
}>;

export type GatewayOptions = Readonly<{
  /** Variables set in addition to PORT=0. */
  env?: Environment;
  /** A shell command to run before the executable, such as `ulimit -n 256`. */
  before?: string;
}>;

/** Starts the gateway and waits until it is ready. */
export async function startGateway(
  options: GatewayOptions = {},
  folder: string = makeFolder(),
): Promise<Gateway> {
  const gateway = new Gateway(folder, options);
  try {
    await gateway.start();
    return gateway;
  } catch (error) {
    rmSync(gateway.folder, { recursive: true });
    throw error;
  }
}

/** Runs a command of the executable to its end. */
export async function runExecutable(options: {
  args: readonly string[];
  folder: string;
  env?: Environment;
  stdin?: string;
  /** Another build; null for the usual one. */
  program?: string | null;
}): Promise<Finished> {
  const { args, folder, env = {}, stdin, program } = options;
  const child = new Child([program ?? executable(), ...args], { folder, env, stdin });
  return child.finished;
}

/** May be in memory: a long run needs a folder on a disk. */
export function makeFolder(): string {
  return makeTestFolder("e2e");
}

export class Gateway {
  readonly folder: string;
  readonly api = new ApiClient(
    () => this.origin,
    () => this.#createKey(),
  );
  /** Another build to run from the next start on. */
  executable: string | null = null;
  readonly #options: GatewayOptions;
  #child: Child | null = null;
  #origin = "";

  constructor(folder: string, options: GatewayOptions = {}) {
    this.folder = folder;
    this.#options = options;
  }

  /** "http://127.0.0.1:port"; another one after each start. */
  get origin(): string {
    return this.#origin;
  }

  get port(): number {
    return Number(new URL(this.#origin).port);
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** The log of the present run, or of the last one. */
  get log(): string {
    return this.#running.out;
  }

  /** The lines of that run that went to the terminal only. */
  get terminal(): string {
    return this.#running.err;
  }

  /** Resolves once those lines have a match. */
  waitForTerminal(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#running.waitForOutput(pattern, () => this.#running.err);
  }

  get finished(): Promise<Finished> {
    return this.#running.finished;
  }

  async start(): Promise<void> {
    const { env = {}, before } = this.#options;
    const program = this.executable ?? executable();
    const command =
      before === undefined ? [program] : ["/bin/bash", "-c", `${before}; exec "$0" "$@"`, program];
    this.#child = new Child(command, { folder: this.folder, env: { PORT: "0", ...env } });
    const [line] = await this.waitForLog(/^.*webhooker is ready.*$/m);
    const url = /\burl"?[=:]"?(http:[^"\s]+)/.exec(line)?.[1] ?? "";
    // A gateway that listens on all addresses is reached on this one.
    this.#origin = url.replace("0.0.0.0", "127.0.0.1");
  }

  /** Resolves once the log has a match; rejects if the run ends without one. */
  waitForLog(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#running.waitForOutput(pattern);
  }

  signal(name: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    this.#running.kill(name);
  }

  /** Stops the gateway with SIGTERM and resolves with how it ended. */
  stop(): Promise<Finished> {
    this.signal("SIGTERM");
    return this.finished;
  }

  async kill9(): Promise<void> {
    this.signal("SIGKILL");
    await this.finished;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Runs a command on the same folder with the same environment. */
  run(args: readonly string[], more: { env?: Environment; stdin?: string } = {}): Promise<Finished> {
    const env = { ...this.#options.env, ...more.env };
    return runExecutable({ ...more, args, folder: this.folder, env, program: this.executable });
  }

  /** The URL that senders POST to. */
  entrypointUrl(entrypointId: string): string {
    return `${this.#origin}/webhook/${entrypointId}`;
  }

  /** Kills the gateway if it still runs, and removes its folder. */
  async remove(): Promise<void> {
    if (this.#child) await this.kill9();
    rmSync(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  get #running(): Child {
    if (!this.#child) throw new Error("the gateway was never started");
    return this.#child;
  }

  async #createKey(): Promise<string> {
    const { code, out, err } = await this.run(["apikey", "create", "--user", "admin", "--name", "test"]);
    if (code !== 0) throw new Error(`apikey create ended with ${code}: ${err}`);
    return out.trim();
  }
}

class Child {
  readonly finished: Promise<Finished>;
  out = "";
  err = "";
  readonly #process: Bun.Subprocess<"ignore" | Uint8Array, "pipe", "pipe">;
  readonly #waiting = new Set<() => void>();
  #hasEnded = false;

  constructor(command: string[], options: { folder: string; env: Environment; stdin?: string | undefined }) {
    const { folder, env, stdin } = options;
    this.#process = Bun.spawn(command, {
      cwd: folder,
      env: { ...env },
      stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
      stdout: "pipe",
      stderr: "pipe",
    });
    this.finished = this.#follow();
  }

  get pid(): number {
    return this.#process.pid;
  }

  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    this.#process.kill(signal);
  }

  /** `read` returns the output that is meant. */
  async waitForOutput(pattern: RegExp, read = () => this.out): Promise<RegExpMatchArray> {
    for (;;) {
      const match = read().match(pattern);
      if (match) return match;
      if (this.#hasEnded) throw new Error(`the gateway ended without ${pattern}:\n${this.out}${this.err}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async #follow(): Promise<Finished> {
    await Promise.all([
      this.#read(this.#process.stdout, (text) => {
        this.out += text;
      }),
      this.#read(this.#process.stderr, (text) => {
        this.err += text;
      }),
      this.#process.exited,
    ]);
    this.#hasEnded = true;
    this.#wake();
    const { signalCode, exitCode } = this.#process;
    return { code: signalCode === null ? exitCode : null, signal: signalCode, out: this.out, err: this.err };
  }

  async #read(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      take(decoder.decode(chunk, { stream: true }));
      this.#wake();
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

export function executable(): string {
  if (!existsSync(EXECUTABLE)) throw new Error("there is no dist/webhooker: `bun run build` makes it");
  return EXECUTABLE;
}
