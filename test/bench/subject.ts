/** The measured servers, each in a separate process and an empty folder. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "./gateway.ts";

export type Subject = Readonly<{
  name: SubjectName;
  pid: number;
  /** One per webhook. */
  urls: readonly string[];
  stop: () => Promise<void>;
}>;

export const subjectNames = ["bare", "per request", "webhooker"] as const;
export type SubjectName = (typeof subjectNames)[number];

export async function startSubject(name: SubjectName, webhooks: number): Promise<Subject> {
  const folder = makeFolder();
  if (name === "webhooker") {
    const gateway = await startGateway(folder);
    const made = await gateway.createWebhooks(Array.from({ length: webhooks }, () => ({})));
    return { name, pid: gateway.pid, urls: made.map(({ url }) => url), stop: () => gateway.stop() };
  }
  const script = name === "bare" ? "bare-server.ts" : "per-request-server.ts";
  const server = await startScript(script, [folder]);
  const urls = Array.from({ length: webhooks }, () => `${server.origin}/webhook/${crypto.randomUUID()}`);
  return {
    name,
    pid: server.pid,
    urls,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export function makeFolder(): string {
  // WEBHOOKER_BENCH_DIR names a folder on the disk to measure, if /tmp is in memory.
  const parent = Bun.env.WEBHOOKER_BENCH_DIR ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, "webhooker-bench-"));
}

export type Script = Readonly<{ pid: number; origin: string; stop: () => Promise<void> }>;

/** Starts one of this folder's servers; its first line is its port. */
export async function startScript(file: string, args: readonly string[]): Promise<Script> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, file), ...args], {
    env: { ...process.env, NODE_ENV: "production" },
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(Buffer.from(value ?? []).toString());
  if (!Number.isInteger(port) || port === 0) throw new Error(`${file} did not start`);
  return {
    pid: child.pid,
    origin: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
