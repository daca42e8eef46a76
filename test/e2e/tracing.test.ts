/** The executable sends traces to an OTLP collector, and works without one. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Collector, startCollector } from "../support/collector.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SENDER_SPAN = "00f067aa0ba902b7";
const SAMPLED = `00-${TRACE}-${SENDER_SPAN}-01`;
const NOT_SAMPLED = `00-${TRACE}-${SENDER_SPAN}-00`;

let collector: Collector;
let receiver: Receiver;

beforeEach(async () => {
  collector = startCollector();
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver.close();
  await collector.close();
});

function start(env: Record<string, string> = {}): Promise<Gateway> {
  return startGateway({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env } });
}

async function setUp(gateway: Gateway) {
  const target = { type: "http", config: { url: `${receiver.url}/in?key=secret` }, max_attempts: 1 };
  return gateway.api.setUpWebhook([target]);
}

/** Returns the event's id once it is delivered or given up. */
async function send(gateway: Gateway, entrypointId: string, headers: Record<string, string> = {}) {
  const arrived = receiver.requests.length + 1;
  const answer = await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "paid", headers });
  await answer.text();
  await receiver.waitFor(arrived);
  return answer.headers.get("x-webhooker-event-id") ?? "";
}

const spanOf = (name: string) => collector.spans.filter((span) => span.name === name);

describe("an event's trace", () => {
  test("is the sender's: the request below the sender's span, the attempt below the request, and the target gets the attempt's span", async () => {
    await using gateway = await start({
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=for%20the%20collector",
      OTEL_SERVICE_NAME: "hooks",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
    });
    const { webhookId, entrypointId, targetIds } = await setUp(gateway);
    const eventId = await send(gateway, entrypointId, { traceparent: SAMPLED, tracestate: "a=b" });
    await gateway.api.waitUntilSettled(webhookId);
    await gateway.stop();

    const [request] = spanOf("POST /webhook");
    const [attempt] = spanOf("deliver http");
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: SENDER_SPAN, kind: 2, statusCode: 0 });
    expect(request?.attributes).toEqual({
      "http.request.method": "POST",
      "http.route": "/webhook/:entrypointId",
      "http.response.status_code": 200,
      "http.request.body.size": 4,
      "webhooker.webhook_id": webhookId,
      "webhooker.entrypoint_id": entrypointId,
      "webhooker.event_id": eventId,
    });
    expect(attempt).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId, kind: 3, statusCode: 0 });
    expect(attempt?.attributes).toEqual({
      "http.request.method": "POST",
      "url.full": `${receiver.url}/in`,
      "server.address": "127.0.0.1",
      "server.port": receiver.port,
      "http.response.status_code": 200,
      "webhooker.webhook_id": webhookId,
      "webhooker.event_id": eventId,
      "webhooker.target_id": targetIds[0] ?? "",
      "webhooker.target_type": "http",
      "webhooker.attempt": 1,
      "webhooker.replays": 0,
      "webhooker.delivery_status": "delivered",
    });
    expect(receiver.requests[0]?.header("traceparent")).toBe(`00-${TRACE}-${attempt?.spanId}-01`);
    expect(receiver.requests[0]?.header("tracestate")).toBe("a=b");
    expect(attempt?.resource).toMatchObject({ "service.name": "hooks", "deployment.environment": "test" });
    expect(collector.requests[0]?.path).toBe("/v1/traces");
    expect(collector.requests[0]?.headers.get("api-key")).toBe("for the collector");
    for (const { durationMs } of collector.spans) {
      expect(durationMs).toBeGreaterThan(0);
      expect(durationMs).toBeLessThan(60_000);
    }
  });

  test("has the event's id if the sender has none, and continues after a restart, with errors", async () => {
    receiver.answerWith({ status: 500 });
    await using gateway = await start();
    const { webhookId, entrypointId } = await setUp(gateway);
    const eventId = await send(gateway, entrypointId);
    await gateway.api.waitUntilSettled(webhookId);
    await gateway.restart();
    receiver.answerWith({ status: 204 });
    await gateway.api.request("POST", `/webhooks/${webhookId}/events/${eventId}/replay`);
    await receiver.waitFor(2);
    await gateway.api.waitUntilSettled(webhookId);
    await gateway.stop();

    const [request] = spanOf("POST /webhook");
    const [failed, replayed] = spanOf("deliver http");
    expect(request).toMatchObject({ traceId: eventId.replaceAll("-", ""), parentSpanId: "" });
    for (const span of [failed, replayed]) {
      expect(span).toMatchObject({ traceId: request?.traceId, parentSpanId: request?.spanId });
    }
    expect(failed).toMatchObject({ statusCode: 2, statusMessage: "HTTP 500" });
    expect(failed?.attributes).toMatchObject({ "error.type": "500", "webhooker.delivery_status": "failed" });
    expect(replayed?.attributes).toMatchObject({ "webhooker.replays": 1, "http.response.status_code": 204 });
  });

  test("is not sent if the sender does not sample it; its header is then forwarded unchanged", async () => {
    await using gateway = await start();
    const { webhookId, entrypointId } = await setUp(gateway);
    await send(gateway, entrypointId, { traceparent: NOT_SAMPLED });
    await gateway.api.waitUntilSettled(webhookId);
    await gateway.stop();
    expect(collector.requests).toEqual([]);
    expect(receiver.requests[0]?.header("traceparent")).toBe(NOT_SAMPLED);
  });

  test("respects the sampler's ratio", async () => {
    await using gateway = await start({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" });
    const { webhookId, entrypointId } = await setUp(gateway);
    await send(gateway, entrypointId, { traceparent: SAMPLED });
    await gateway.api.waitUntilSettled(webhookId);
    await gateway.stop();
    expect(collector.requests).toEqual([]);
    expect(receiver.requests[0]?.header("traceparent")).toBe(SAMPLED);
  });
});

describe("a collector that is unreachable", () => {
  test("blocks no event, is logged once, and delays no stop", async () => {
    await collector.close();
    await using gateway = await start();
    const { webhookId, entrypointId } = await setUp(gateway);
    for (let n = 0; n < 20; n++) await send(gateway, entrypointId);
    const events = await gateway.api.waitUntilSettled(webhookId);
    expect(events.map(({ delivery_counts }) => delivery_counts.delivered)).toEqual(Array(20).fill(1));
    const { code, out } = await gateway.stop();
    expect(code).toBe(0);
    expect(out).toContain("webhooker has stopped");
    expect(out.split("traces cannot be sent").length).toBeLessThanOrEqual(2);
    expect(out).not.toContain("ERROR");
  });
});

test("without a collector the sender's trace header is forwarded unchanged", async () => {
  await using gateway = await startGateway();
  const { webhookId, entrypointId } = await setUp(gateway);
  await send(gateway, entrypointId, { traceparent: SAMPLED });
  await gateway.api.waitUntilSettled(webhookId);
  expect(receiver.requests[0]?.header("traceparent")).toBe(SAMPLED);
});
