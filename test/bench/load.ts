/** One run of a load generator in a separate process: wrk if it is installed, else autocannon from npm. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { payload, senderHeaders } from "./sender.ts";

export type GeneratorName = "wrk" | "autocannon";

export type LoadResult = Readonly<{
  requests: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Responses other than 2xx, and broken connections. */
  failures: number;
  /** Share of the run that the generator's one thread was busy: near 1, the generator itself was measured. */
  generatorBusy: number;
}>;

export type Load = Readonly<{
  generator: GeneratorName;
  urls: readonly string[];
  bodyBytes: number;
  connections: number;
  seconds: number;
  /** Unlimited if missing. */
  requestsPerSecond?: number;
  /** Folder for the generator's input files. */
  folder: string;
}>;

const output = z.object({
  requests: z.number(),
  seconds: z.number(),
  p50: z.number(),
  p99: z.number(),
  failures: z.number(),
});

/**
 * Prefers wrk, since it is not the bottleneck: at the bare server's 107,000 requests per second (two cores, 1 KB) its
 * one thread is busy for 61 %. autocannon is at its own limit there (97,000, busy for 100 %), so that ratios to the
 * bare server look too good, and it reports latencies in whole milliseconds; it is accurate for slower servers.
 */
export function chooseGenerator(wish: string | undefined): GeneratorName {
  if (wish !== undefined && wish !== "wrk" && wish !== "autocannon")
    throw new Error(`no generator named ${wish}`);
  return wish ?? (Bun.which("wrk") === null ? "autocannon" : "wrk");
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const child = Bun.spawn(load.generator === "wrk" ? wrkCommand(load) : autocannonCommand(load), {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${load.generator} failed: ${stderr}${stdout}`);
  const report = output.parse(JSON.parse(stdout.slice(stdout.indexOf("{"))));
  return {
    requests: report.requests,
    perSecond: report.requests / report.seconds,
    p50: report.p50,
    p99: report.p99,
    failures: report.failures,
    generatorBusy: Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6 / report.seconds,
  };
}

function wrkCommand(load: Load): string[] {
  const paths = join(load.folder, "paths.txt");
  const body = join(load.folder, "body.json");
  writeFileSync(paths, load.urls.map((url) => new URL(url).pathname).join("\n"));
  const text = payload(load.bodyBytes);
  writeFileSync(body, text);
  const headers = join(load.folder, "headers.txt");
  const lines = Object.entries(senderHeaders(text)).map(([name, value]) => `${name}: ${value}`);
  writeFileSync(headers, lines.join("\n"));
  const origin = new URL(load.urls[0] ?? "").origin;
  const script = join(import.meta.dir, "wrk.lua");
  const flags = ["-t1", `-c${load.connections}`, `-d${load.seconds}s`, "--timeout", "30s", "-s", script];
  const rate = load.requestsPerSecond === undefined ? [] : [String(load.requestsPerSecond)];
  return ["wrk", ...flags, origin, "--", paths, body, headers, ...rate];
}

function autocannonCommand(load: Load): string[] {
  const job = JSON.stringify({ ...load, body: undefined });
  return [process.execPath, join(import.meta.dir, "autocannon-run.ts"), job];
}
