/** Starts an executable in an empty folder, stores an event through it, finds it again, and stops it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const START_MS = 15_000;

const [file] = Bun.argv.slice(2);
if (file === undefined) throw new Error("Usage: bun .ci/smoke.ts EXECUTABLE");
const executable = resolve(file);
const folder = mkdtempSync(join(tmpdir(), "webhooker-smoke-"));
const free = Bun.serve({ port: 0, fetch: () => new Response() });
const origin = `http://127.0.0.1:${free.port}`;
const env = { ...process.env, PORT: String(free.port), ADMIN_PASSWORD: "only for this moment" };
await free.stop(true);

const gateway = Bun.spawn([executable, "serve"], {
  cwd: folder,
  env,
  stdio: ["ignore", "inherit", "inherit"],
});
try {
  await answered();
  const key = run("apikey", "create", "--user", "admin", "--name", "smoke");
  const webhook = await ask("POST", "/webhooks", key, { name: "Smoke" });
  const entrypoint = await ask("POST", `/webhooks/${webhook.id}/entrypoints`, key, { name: "In" });
  const body = `${Date.now()} grüße`;
  const stored = await fetch(String(entrypoint.url), { method: "POST", body });
  if (stored.status !== 200) throw new Error(`the event was answered ${stored.status}`);
  const { id } = (await stored.json()) as { id: string };
  const path = `${origin}/api/v1/webhooks/${webhook.id}/events/${id}/body`;
  const read = await (await fetch(path, { headers: { authorization: `Bearer ${key}` } })).text();
  if (read !== body) throw new Error(`the event has the body ${read}`);
  process.stdout.write(`${run("--version")}: started, stored and found an event\n`);
} finally {
  gateway.kill();
  await gateway.exited;
  rmSync(folder, { recursive: true, force: true });
}

async function answered(): Promise<void> {
  for (const until = Date.now() + START_MS; Date.now() < until; await Bun.sleep(50)) {
    if (gateway.exitCode !== null) throw new Error(`it ended with ${gateway.exitCode}`);
    const health = await fetch(`${origin}/.well-known/healthcheck`).catch(() => null);
    if (health?.ok) return;
  }
  throw new Error("it does not answer");
}

function run(...args: string[]): string {
  const { success, stdout, stderr } = Bun.spawnSync([executable, ...args], { cwd: folder, env });
  if (!success) throw new Error(`${args.join(" ")}: ${stderr.toString()}`);
  return stdout.toString().trim();
}

async function ask(
  method: string,
  path: string,
  key: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const response = await fetch(`${origin}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}
