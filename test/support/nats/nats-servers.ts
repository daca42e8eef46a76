/** Three real NATS servers on this machine, which tests may kill, stop, and start again. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNatsKey } from "../../../src/storage/cluster/nats/keys.ts";
import type { NatsOptions } from "../../../src/storage/cluster/nats/options.ts";
import { type NatsServerPlan, natsServerFiles } from "../../../src/storage/cluster/nats/server-files.ts";
import { makeTestFolder } from "../folder.ts";
import { findNatsServer } from "./nats-executable.ts";

export type NatsServers = AsyncDisposable &
  Readonly<{
    /** "n1", "n2", "n3". */
    names: readonly string[];
    /** Folder of the server's files. */
    folderOf: (name: string) => string;
    /** Variables that tell a gateway about them. */
    options: NatsOptions;
    /** Process ids of the servers that run. */
    pids: () => readonly number[];
    /** Resolves once the server listens. */
    start: (name: string) => Promise<void>;
    signal: (name: string, signal: "SIGSTOP" | "SIGCONT") => void;
    /** By SIGKILL, or as an operator stops it. Resolves once the process is gone. */
    kill: (name: string) => Promise<void>;
    stop: (name: string) => Promise<void>;
    /** Kills all and removes their files. */
    end: () => Promise<void>;
  }>;

export type ServersOptions = Readonly<{
  tls?: NatsServerPlan["tls"];
  /** Changes the text of a server's file, such as its guarantees. */
  edit?: (text: string, name: string) => string;
  /** Called with the folder of each server's files before it starts. */
  prepare?: (folder: string, name: string) => void;
  /** Servers to start; all by default. */
  started?: readonly string[];
}>;

const NAMES = ["n1", "n2", "n3"];
const HOST = "127.0.0.1";
/** Below the ports that the system gives to others. */
const PORTS = { from: 12_000, count: 18_000 };

/** Variables of a gateway that has these servers. */
export function variablesOf({ options }: NatsServers): Readonly<Record<string, string>> {
  return {
    CLUSTER_URL: options.url,
    CLUSTER_CREDENTIALS: options.credentials ?? "",
    CLUSTER_SYSTEM_CREDENTIALS: options.systemCredentials ?? "",
    CLUSTER_LOG_MAX_BYTES: String(options.maxBytes),
  };
}

/** Rejects if there is no nats-server: call it in tests by `natsTest` only. */
export async function startNatsServers(options: ServersOptions = {}): Promise<NatsServers> {
  const executable = await findNatsServer();
  if (executable === null) throw new Error("There is no nats-server.");
  const folder = makeTestFolder("nats");
  const [gateways, system] = [await createNatsKey(), await createNatsKey()];
  const places = NAMES.map((name) => ({
    name,
    host: HOST,
    listen: HOST,
    clientPort: freePort(),
    routePort: freePort(),
    storeDir: join(folder, name),
  }));
  const files = natsServerFiles({
    servers: places,
    keys: { gateways: gateways.publicKey, system: system.publicKey },
    routePassword: crypto.randomUUID().replaceAll("-", ""),
    maxStorageBytes: 4 * 1024 ** 3,
    tls: options.tls ?? null,
  });
  const { edit = (text) => text, prepare } = options;
  for (const { name, text } of files) {
    writeFileSync(join(folder, `${name}.conf`), edit(text, name));
    prepare?.(join(folder, name), name);
  }

  const children = new Map<string, Bun.Subprocess<"ignore", "ignore", "pipe">>();

  async function start(name: string): Promise<void> {
    const child = Bun.spawn([executable ?? "", "-c", join(folder, `${name}.conf`)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.set(name, child);
    const { isReady, told } = await untilReady(child);
    if (!isReady) throw new Error(`${name} ended: ${told.slice(-2_000)}`);
  }

  async function endBy(signal: "SIGKILL" | "SIGTERM", name: string): Promise<void> {
    const child = children.get(name);
    children.delete(name);
    child?.kill(signal);
    await child?.exited;
  }
  const kill = (name: string) => endBy("SIGKILL", name);

  async function end(): Promise<void> {
    await Promise.all(NAMES.map(kill));
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    await Promise.all((options.started ?? NAMES).map(start));
  } catch (error) {
    await end();
    throw error;
  }
  const scheme = options.tls === undefined || options.tls === null ? "nats" : "tls";
  return {
    names: NAMES,
    folderOf: (name) => join(folder, name),
    options: {
      url: `${scheme}://${places.map(({ clientPort }) => `${HOST}:${clientPort}`).join(",")}`,
      credentials: gateways.seed,
      systemCredentials: system.seed,
      tls: { authority: null, certificate: null, key: null },
      node: "test",
      cluster: null,
      shards: 1,
      maxBytes: 1024 ** 3,
    },
    pids: () => [...children.values()].map(({ pid }) => pid),
    start,
    signal: (name, signal) => void children.get(name)?.kill(signal),
    kill,
    stop: (name) => endBy("SIGTERM", name),
    end,
    [Symbol.asyncDispose]: end,
  };
}

/** Reads on for as long as the server runs, so that its log never fills the pipe. */
function untilReady(
  child: Bun.Subprocess<"ignore", "ignore", "pipe">,
): Promise<{ isReady: boolean; told: string }> {
  return new Promise((resolve) => {
    async function read(): Promise<void> {
      const decoder = new TextDecoder();
      let told = "";
      let isReady = false;
      for await (const chunk of child.stderr) {
        if (isReady) continue;
        told += decoder.decode(chunk, { stream: true });
        isReady = told.includes("Server is ready");
        if (isReady) resolve({ isReady, told });
      }
      resolve({ isReady, told });
    }
    void read();
  });
}

const given = new Set<number>();

/** Another process may take it before the server does, which has not been seen among so many. */
function freePort(): number {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    if (given.has(port)) continue;
    try {
      Bun.listen({ hostname: HOST, port, socket: { data() {} } }).stop(true);
      given.add(port);
      return port;
    } catch {
      // In use.
    }
  }
}
