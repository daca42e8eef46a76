import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { WebhookSetup } from "../support/api-client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const ROUNDS = 200;
const BACKLOG = 200;
/** On a busy machine the sender may wake up after the receiver, so shorter times are noise, or negative. */
const LEAST_MEASURABLE_MS = 0.5;

type Arrivals = ReturnType<typeof receiveTimes>;

let arrivals: Arrivals;

afterEach(() => arrivals.stop());

/** A receiver with three behaviours by path, which reports when each event arrived at /healthy. */
function receiveTimes() {
  const at = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  const silenced = { count: 0, reached: Promise.withResolvers<void>(), wanted: Number.POSITIVE_INFINITY };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      await request.arrayBuffer();
      const { pathname } = new URL(request.url);
      if (pathname.startsWith("/silent")) {
        if (++silenced.count >= silenced.wanted) silenced.reached.resolve();
        return new Promise<Response>(() => {});
      }
      if (pathname === "/failing") return new Response(null, { status: 500 });
      const eventId = request.headers.get("x-webhooker-event-id") ?? "";
      if (!at.has(eventId)) at.set(eventId, performance.now());
      waiting.get(eventId)?.();
      return new Response();
    },
  });
  return {
    target: (path: string) => ({
      type: "http",
      config: { url: `http://127.0.0.1:${server.port}${path}` },
      timeout_ms: 120_000,
    }),
    silent: () => silenced.count,
    /** Resolves once that many requests wait for a response that never comes. */
    waitForSilent(wanted: number): Promise<void> {
      silenced.wanted = wanted;
      return silenced.count >= wanted ? Promise.resolve() : silenced.reached.promise;
    },
    /** Resolves with the time of arrival. */
    async waitFor(eventId: string): Promise<number> {
      if (!at.has(eventId)) await new Promise<void>((resolve) => waiting.set(eventId, resolve));
      return at.get(eventId) ?? Number.NaN;
    },
    stop: () => server.stop(true),
  };
}

async function post(gateway: Gateway, { entrypointId }: WebhookSetup): Promise<string> {
  const answer = await fetch(gateway.entrypointUrl(entrypointId), {
    method: "POST",
    body: "x".repeat(1_000),
  });
  await answer.arrayBuffer();
  expect(answer.status).toBe(200);
  return answer.headers.get("x-webhooker-event-id") ?? "";
}

/** Measures the milliseconds from acknowledgement to arrival of one event with nothing else in progress. */
async function measure(gateway: Gateway, setup: WebhookSetup): Promise<number> {
  const eventId = await post(gateway, setup);
  const acknowledgedAt = performance.now();
  return (await arrivals.waitFor(eventId)) - acknowledgedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test("a healthy target gets its events about as fast beside a silent and a failing one as alone", async () => {
  arrivals = receiveTimes();
  const [healthy, silent, failing] = ["/healthy", "/silent", "/failing"].map(arrivals.target);
  if (!healthy || !silent || !failing) throw new Error("unreachable");
  await using alone = await startGateway();
  await using beside = await startGateway();
  const aloneSetup = await alone.api.setUpWebhook([healthy]);
  const besideSetup = await beside.api.setUpWebhook([silent, healthy, failing]);
  for (let count = 0; count < BACKLOG; count++) {
    await measure(alone, aloneSetup);
    await measure(beside, besideSetup);
  }

  // Alternating, so that other load on the machine affects both alike.
  const times = { alone: [] as number[], beside: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.alone.push(await measure(alone, aloneSetup));
    times.beside.push(await measure(beside, besideSetup));
  }
  expect(median(times.beside)).toBeLessThan(2 * Math.max(median(times.alone), LEAST_MEASURABLE_MS));
});

test("every event reaches the healthy target while more deliveries hang at silent ones than may run concurrently", async () => {
  const SILENT = 40;
  arrivals = receiveTimes();
  await using gateway = await startGateway();
  const sick = await gateway.api.setUpWebhook(
    Array.from({ length: SILENT }, (_, index) => arrivals.target(`/silent/${index}`)),
  );
  const mixed = await gateway.api.setUpWebhook([
    arrivals.target("/silent"),
    arrivals.target("/failing"),
    arrivals.target("/healthy"),
  ]);
  const sickIds = await Promise.all(Array.from({ length: 20 }, () => post(gateway, sick)));
  await arrivals.waitForSilent(100);
  const eventIds = await Promise.all(Array.from({ length: 500 }, () => post(gateway, mixed)));
  await Promise.all(eventIds.map((eventId) => arrivals.waitFor(eventId)));
  // None of them waited for a silent target to free its slot.
  for (const eventId of sickIds) {
    const { deliveries } = await gateway.api.getEvent(sick.webhookId, eventId);
    expect(deliveries.map(({ attempts }) => attempts)).toEqual(Array.from({ length: SILENT }, () => 0));
  }
});
