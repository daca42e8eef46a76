/** Starts the compiled executable in an empty folder and sets it up through its own command line and REST API. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** WEBHOOKER_EXECUTABLE names another build to measure. */
const EXECUTABLE = Bun.env.WEBHOOKER_EXECUTABLE ?? join(import.meta.dir, "../../dist/webhooker");
const withId = z.object({ id: z.string() });
const withUrl = z.object({ id: z.string(), url: z.string() });

export type BenchWebhook = Readonly<{
  id: string;
  url: string;
  eventFile: string;
  /** Null if none was requested. */
  targetId: string | null;
}>;

type TargetWish = Readonly<{
  url: string;
  timeoutMs?: number;
  /** PEM of an https receiver's authority. */
  ca?: string;
  /** Attempts a second. */
  rateLimit?: number;
}>;
type WebhookWish = Readonly<{
  target?: TargetWish;
  /** Verification of the webhook's entrypoint. */
  verification?: Readonly<{ type: string; config: Readonly<Record<string, string>> }>;
}>;

export const ADMIN_PASSWORD = "only for this run";

export type Gateway = Readonly<{
  pid: number;
  origin: string;
  /** Milliseconds from the start of the process to the first answer of the health check. */
  startedAfter: number;
  createWebhooks: (wishes: readonly WebhookWish[]) => Promise<BenchWebhook[]>;
  /** Returns the target's id. */
  addTarget: (webhookId: string, wish: TargetWish) => Promise<string>;
  /** Calls the API; fields outside the schema are dropped. */
  get: <T>(path: string, schema: z.ZodType<T>) => Promise<T>;
  post: <T>(path: string, body: unknown, schema: z.ZodType<T>) => Promise<T>;
  put: <T>(path: string, body: unknown, schema: z.ZodType<T>) => Promise<T>;
  patch: <T>(path: string, body: unknown, schema: z.ZodType<T>) => Promise<T>;
  /** Creates an API key of a user and returns it. */
  keyOf: (username: string) => string;
  /** Runs a command on the same folder, also after the process has ended; returns its duration in milliseconds. */
  time: (command: readonly string[]) => Promise<number>;
  /** Ends the process, and deletes the folder unless it is kept. */
  stop: (options?: { keepFolder: boolean }) => Promise<void>;
}>;

export async function startGateway(
  folder: string,
  options: { env?: Readonly<Record<string, string>> } = {},
): Promise<Gateway> {
  if (!existsSync(EXECUTABLE)) throw new Error("there is no dist/webhooker: `bun run build` makes it");
  const port = Number(options.env?.PORT ?? freePort());
  const origin = `http://127.0.0.1:${port}`;
  const env = {
    PORT: String(port),
    BASE_URL: origin,
    DBURL: join(folder, "main.db"),
    DATA_DIR: join(folder, "events"),
    ADMIN_PASSWORD,
    LOG_LEVEL: "warn",
    LOG_FORMAT: "json",
    ...options.env,
  };
  const logPath = join(folder, "gateway.log");
  const started = performance.now();
  const child = Bun.spawn([EXECUTABLE, "serve"], {
    cwd: folder,
    env,
    stdout: Bun.file(logPath),
    stderr: "inherit",
  });
  let ended = false;
  void child.exited.then(() => {
    ended = true;
  });
  while (!(await answers(origin))) {
    if (ended) throw new Error(`the gateway ended: ${readFileSync(logPath, "utf8")}`);
    await Bun.sleep(0.5);
  }
  const startedAfter = performance.now() - started;

  let key: string | null = null;
  async function ask<T>(path: string, init: RequestInit, schema: z.ZodType<T>): Promise<T> {
    key ??= createKey("admin", folder, env);
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(`${origin}/api/v1${path}`, { ...init, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method} ${path}: ${response.status} ${text}`);
    return schema.parse(JSON.parse(text));
  }
  const get = <T>(path: string, schema: z.ZodType<T>) => ask(path, { method: "GET" }, schema);
  const post = <T>(path: string, body: unknown, schema: z.ZodType<T>) =>
    ask(path, { method: "POST", body: JSON.stringify(body) }, schema);
  const put = <T>(path: string, body: unknown, schema: z.ZodType<T>) =>
    ask(path, { method: "PUT", body: JSON.stringify(body) }, schema);
  const patch = <T>(path: string, body: unknown, schema: z.ZodType<T>) =>
    ask(path, { method: "PATCH", body: JSON.stringify(body) }, schema);

  async function addTarget(webhookId: string, of: TargetWish): Promise<string> {
    const { url, timeoutMs, ca, rateLimit } = of;
    const policy = {
      ...(timeoutMs !== undefined && { timeout_ms: timeoutMs }),
      ...(rateLimit !== undefined && { rate_limit: rateLimit }),
    };
    const wish = {
      name: "bench",
      type: "http",
      config: { url, ...(ca !== undefined && { tls_ca: ca }) },
      ...policy,
    };
    return (await post(`/webhooks/${webhookId}/targets`, wish, withId)).id;
  }

  return {
    pid: child.pid,
    origin,
    addTarget,
    get,
    post,
    put,
    patch,
    startedAfter,
    keyOf: (username) => createKey(username, folder, env),
    async createWebhooks(wishes) {
      const made: BenchWebhook[] = [];
      for (const [index, { target, verification }] of wishes.entries()) {
        const { id } = await post("/webhooks", { name: `bench ${index}` }, withId);
        const entrypoint = { name: "bench", ...(verification && { verification }) };
        const { url } = await post(`/webhooks/${id}/entrypoints`, entrypoint, withUrl);
        const targetId = target === undefined ? null : await addTarget(id, target);
        made.push({ id, url, targetId, eventFile: join(folder, "events", `events-${id}.db`) });
      }
      return made;
    },
    async time(command) {
      const since = performance.now();
      const run = Bun.spawn([EXECUTABLE, ...command], {
        cwd: folder,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      });
      if ((await run.exited) !== 0) throw new Error(`${command.join(" ")}: ${run.exitCode}`);
      return performance.now() - since;
    },
    async stop(options) {
      child.kill("SIGTERM");
      await child.exited;
      const log = readFileSync(logPath, "utf8");
      if (log.includes('"level":"error"'))
        process.stderr.write(`\nThe gateway logged errors:\n${log.slice(0, 2000)}\n`);
      if (options?.keepFolder !== true) rmSync(folder, { recursive: true });
    },
  };
}

function createKey(username: string, folder: string, env: Record<string, string>): string {
  const command = [EXECUTABLE, "apikey", "create", "--user", username, "--name", "bench"];
  const made = Bun.spawnSync(command, { cwd: folder, env });
  if (!made.success) throw new Error(`apikey create: ${made.stderr.toString()}`);
  return made.stdout.toString().trim();
}

async function answers(origin: string): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/.well-known/healthcheck`, { proxy: false });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function freePort(): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = server;
  void server.stop(true);
  if (port === undefined) throw new Error("no free port");
  return port;
}
