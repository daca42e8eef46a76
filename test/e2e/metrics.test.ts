import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { findChapter } from "../../src/manual/chapters.ts";
import { type Gateway, runExecutable, startGateway } from "../support/gateway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const credentials = { METRICS_USERNAME: "prometheus", METRICS_PASSWORD: "kept from the log" };
const SECRET = "Bearer of a header that is a secret";

const DISCARDED = 'webhooker_deliveries_total{target_type="http",outcome="discarded"}';

type Scrape = Readonly<{ text: string; names: ReadonlySet<string>; sample: (series: string) => number }>;

let gateway: Gateway;
let receiver: Receiver;

async function scrape(): Promise<Scrape> {
  const { METRICS_USERNAME: name, METRICS_PASSWORD: password } = credentials;
  const headers = { authorization: `Basic ${btoa(`${name}:${password}`)}` };
  const response = await fetch(`${gateway.origin}/metrics`, { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  const text = await response.text();
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const values = new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(" ")), line.split(" ").at(-1)]),
  );
  return {
    text,
    names: new Set(samples.map((line) => line.split(/[{ ]/, 1)[0] ?? "")),
    sample(series) {
      const value = values.get(series);
      if (value === undefined) throw new Error(`no ${series} in\n${text}`);
      return Number(value);
    },
  };
}

async function print(what: string): Promise<string> {
  const { code, out, err } = await runExecutable({ args: ["observability", what], folder: gateway.folder });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

/** Returns the names of metrics in a PromQL expression, without functions, labels and values. */
function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:webhooker|process)_[a-z_]+/g)].map(([name]) => name);
}

const dashboardSchema = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      type: z.string(),
      targets: z.array(z.object({ expr: z.string(), refId: z.string() })).optional(),
    }),
  ),
});

const alertsSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^[A-Z][A-Za-z]+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smhd]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(["warning", "critical"]) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});

beforeAll(async () => {
  receiver = await startReceiver();
  const env = { ...credentials, LOG_LEVEL: "debug", LOG_FORMAT: "json", MAX_BODY_BYTES: "2000" };
  gateway = await startGateway({ env });
});

afterAll(async () => {
  await gateway.remove();
  await receiver.close();
});

describe("a scrape of the executable", () => {
  test("counts what happened to every event, and names none of them", async () => {
    const dead = { type: "http", config: { url: "http://127.0.0.1:1/" } };
    const { webhookId, entrypointId, targetIds } = await gateway.api.setUpWebhook([
      { type: "http", config: { url: receiver.url, headers: { "x-key": SECRET } } },
      { ...dead, max_attempts: 1 },
      dead,
      { type: "database" },
    ]);
    const url = gateway.entrypointUrl(entrypointId);
    const answer = await fetch(url, { method: "POST", body: "x".repeat(1_000) });
    const eventId = answer.headers.get("x-webhooker-event-id") ?? "";
    await gateway.waitForLog(/"delivery failed, will be retried"/);
    await gateway.waitForLog(/"delivery given up"/);
    await gateway.waitForLog(/"delivered"/);
    await fetch(url, { method: "POST", body: "x".repeat(2_001) });
    await fetch(url, { method: "PUT", body: "" });
    await fetch(gateway.entrypointUrl(crypto.randomUUID()), { method: "POST", body: "" });

    let seen = await scrape();
    while (seen.sample("webhooker_attempts_in_flight") > 0) seen = await scrape();
    const { sample, text } = seen;
    expect(sample("webhooker_events_received_total")).toBe(4);
    expect(sample("webhooker_events_stored_total")).toBe(1);
    expect(sample("webhooker_event_body_bytes_total")).toBe(1_000);
    for (const reason of ["too_large", "method_not_allowed", "not_found"]) {
      expect(sample(`webhooker_events_rejected_total{reason="${reason}"}`)).toBe(1);
    }
    const ended = (type: string, outcome: string) =>
      sample(`webhooker_deliveries_total{target_type="${type}",outcome="${outcome}"}`);
    expect([ended("http", "delivered"), ended("http", "failed"), ended("database", "delivered")]).toEqual([
      1, 1, 1,
    ]);
    const attempts = (outcome: string, of: string) => sample(`webhooker_${of},outcome="${outcome}"}`);
    expect(attempts("failed", 'delivery_attempts_total{target_type="http"')).toBeGreaterThanOrEqual(2);
    const ofFirst = `target_attempts_total{webhook_id="${webhookId}",target_id="${targetIds[0]}"`;
    expect([attempts("delivered", ofFirst), attempts("failed", ofFirst)]).toEqual([1, 0]);
    expect(sample("webhooker_acknowledge_seconds_count")).toBe(1);
    expect(sample("webhooker_first_attempt_seconds_count")).toBe(3);
    expect(sample("webhooker_delivered_seconds_count")).toBe(1);
    expect(sample('webhooker_delivered_seconds_bucket{le="+Inf"}')).toBe(1);
    expect(sample("webhooker_pending_deliveries")).toBe(1);
    expect(sample("webhooker_oldest_pending_seconds")).toBeGreaterThan(0);
    expect(sample("webhooker_commit_seconds_count")).toBeGreaterThan(1);
    expect(sample("webhooker_sync_seconds_count")).toBeGreaterThan(0);
    expect(sample("webhooker_event_loop_lag_seconds_count")).toBeGreaterThan(0);
    expect(sample("webhooker_event_files")).toBe(1);
    expect(sample("webhooker_event_files_bytes")).toBeGreaterThan(1_000);
    expect(sample("webhooker_main_database_bytes")).toBeGreaterThan(1_000);
    expect(sample("webhooker_open_event_files")).toBe(1);
    expect(sample("webhooker_disk_free_bytes")).toBeGreaterThan(0);
    expect(sample("webhooker_ready")).toBe(1);
    expect(sample("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(sample("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    expect(Math.abs(sample("process_start_time_seconds") - Date.now() / 1_000)).toBeLessThan(3_600);
    const names = new Set([...text.matchAll(/^# TYPE webhooker_(\S+)/gm)].map(([, name]) => name ?? ""));
    const chapter = findChapter("monitoring")?.text ?? "";
    expect([...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(chapter))).toEqual([]);
    expect(names.size).toBeGreaterThan(20);
    expect(eventId).not.toBe("");
    expect(text).not.toContain(eventId);

    await expectWideLines(eventId, targetIds);
  });

  test("contains every metric that the dashboard and the alert rules use", async () => {
    const { names, text } = await scrape();
    const dashboard = dashboardSchema.parse(JSON.parse(await print("grafana")));
    const alerts = alertsSchema.parse(Bun.YAML.parse(await print("alerts")));
    // A gateway that is alone has none of a cluster's: test/observability/cluster-metrics.test.ts looks at those.
    const isOfAll = (expression: string) => !expression.includes("webhooker_cluster_");
    const drawn = dashboard.panels
      .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
      .filter(isOfAll);
    const rules = alerts.groups.flatMap((group) => group.rules.map(({ expr }) => expr)).filter(isOfAll);
    for (const expressions of [drawn, rules]) {
      expect(expressions.length).toBeGreaterThan(10);
      for (const expression of expressions) expect(metricsIn(expression).length).toBeGreaterThan(0);
      expect(expressions.flatMap(metricsIn).filter((name) => !names.has(name))).toEqual([]);
    }
    // The labels that they select by exist too.
    const selected = [...drawn, ...rules].flatMap((each) => [...each.matchAll(/([a-z_]+)=~?"([a-z|]+)"/g)]);
    expect(selected.length).toBeGreaterThan(3);
    for (const [, label, values = ""] of selected) {
      for (const value of values.split("|")) expect(text).toContain(`${label}="${value}"`);
    }
  });

  test("requires the password", async () => {
    const headers = { authorization: `Basic ${btoa("prometheus:guessed")}` };
    expect((await fetch(`${gateway.origin}/metrics`, { headers })).status).toBe(401);
    const { code, out } = await gateway.stop();
    expect(code).toBe(0);
    for (const secret of [credentials.METRICS_PASSWORD, SECRET]) expect(out).not.toContain(secret);
    await gateway.start();
  });

  test("counts what an earlier run left pending", async () => {
    let seen = await scrape();
    while (seen.sample("webhooker_pending_deliveries") === 0) seen = await scrape();
    expect(seen.sample("webhooker_pending_deliveries")).toBe(1);
    expect(seen.sample("webhooker_events_received_total")).toBe(0);
  });

  test("counts what is discarded with its target, and no longer as pending", async () => {
    const { webhookId, entrypointId, targetIds } = await gateway.api.setUpWebhook([
      { type: "http", config: { url: "http://127.0.0.1:1/" } },
    ]);
    const before = await scrape();
    await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "" });
    await gateway.waitForLog(/will be retried/);
    expect((await scrape()).sample("webhooker_pending_deliveries")).toBe(2);
    await gateway.api.request("DELETE", `/webhooks/${webhookId}/targets/${targetIds[0]}`);
    await gateway.waitForLog(/deliveries without a target discarded/);
    const after = await scrape();
    expect(after.sample(DISCARDED) - before.sample(DISCARDED)).toBe(1);
    expect(after.sample("webhooker_pending_deliveries")).toBe(1);
  });
});

/** One log line per attempt, with everything that leads from it to the event, its target and its sender's request. */
async function expectWideLines(eventId: string, targetIds: readonly string[]): Promise<void> {
  const lines = gateway.log.split("\n").filter((line) => line.includes(eventId));
  const parsed = lines.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
  const request = parsed.find(({ message }) => message === "request");
  expect(request).toMatchObject({ level: "debug", status: 200, event_id: eventId });
  expect(request?.request_id).toBeString();
  const attempts = parsed.filter(({ attempt }) => attempt === 1);
  const levels = targetIds.slice(0, 3).map((id) => attempts.find(({ target_id }) => target_id === id)?.level);
  expect(levels).toEqual(["debug", "warn", "info"]);
  for (const line of attempts) {
    expect(line).toMatchObject({ target_type: "http", event_id: eventId, body_bytes: 1_000 });
    for (const field of ["webhook_id", "entrypoint_id"]) expect(line[field]).toBeString();
    for (const field of ["duration_ms", "since_received_ms"]) expect(line[field]).toBeNumber();
  }
}

test("/metrics does not exist without a configured password", async () => {
  await using plain = await startGateway();
  for (const accept of ["*/*", "text/html"]) {
    const response = await fetch(`${plain.origin}/metrics`, { headers: { accept }, redirect: "manual" });
    expect(response.status).toBe(404);
  }
});
