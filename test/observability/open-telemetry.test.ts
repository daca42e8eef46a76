/** Spans that wait for a failing or hanging collector are limited, and the fault is logged once. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { userAgent } from "../../src/lib/version.ts";
import { startTracing } from "../../src/observability/open-telemetry.ts";
import { type Collector, startCollector } from "../support/collector.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createRecordingLog } from "../support/recording-log.ts";

/** Number of spans sent immediately, without waiting for more. */
const BATCH = 1_024;
const MOST_WAITING = 8_192;

let collector: Collector;

beforeEach(() => {
  collector = startCollector();
});

afterEach(() => collector.close());

function start(endpoint = collector.url) {
  const clock = createFakeClock();
  const { log, lines } = createRecordingLog();
  const sampler = "parentbased_always_on";
  const config = {
    endpoint,
    headers: {},
    serviceName: "webhooker",
    resourceAttributes: {},
    sampler,
    ratio: 1,
  };
  const { tracing, stop } = startTracing({ config, clock, log });
  function receive(count: number, isDuplicate = false): string {
    const eventId = newId();
    for (let n = 0; n < count; n++) {
      tracing.received({
        eventId: isDuplicate ? eventId : newId(),
        isDuplicate,
        webhookId: "w",
        entrypointId: "e",
        method: "POST",
        traceparent: null,
        bodyBytes: 1,
        statusCode: 200,
        since: clock.monotonic() - 5,
      });
    }
    return eventId;
  }
  return { clock, lines, stop, receive, tracing };
}

const told = (lines: readonly { level: string; message: string }[]) =>
  lines.map(({ level, message }) => `${level} ${message}`);

test("a failing collector is logged once, and once more when it recovers", async () => {
  const { lines, stop, receive } = start();
  collector.answerWith(401);
  receive(BATCH);
  await collector.waitFor(1);
  receive(BATCH);
  await collector.waitFor(2);
  collector.answerWith(200);
  receive(BATCH);
  await collector.waitFor(3);
  expect(collector.requests[0]?.headers.get("user-agent")).toStartWith(`${userAgent} `);
  await stop();
  expect(told(lines)).toEqual(["warn traces cannot be sent", "info traces can be sent again"]);
  expect(collector.spans).toHaveLength(BATCH);
});

test("spans that arrive faster than they are sent are dropped beyond a limit", async () => {
  const { stop, receive } = start();
  receive(3 * MOST_WAITING);
  await stop();
  expect(collector.spans.length).toBeGreaterThanOrEqual(MOST_WAITING);
  expect(collector.spans.length).toBeLessThanOrEqual(MOST_WAITING + BATCH);
});

test("a stop waits two seconds for a collector that does not respond", async () => {
  const { clock, stop, receive } = start();
  collector.hang();
  receive(1);
  let isStopped = false;
  const stopped = stop().then(() => {
    isStopped = true;
  });
  await collector.waitFor(1);
  expect(isStopped).toBe(false);
  clock.advance(2_000);
  await stopped;
});

test("a duplicate has its own span in the trace of the original event", async () => {
  const { stop, receive } = start();
  const eventId = receive(2, true);
  await stop();
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(
    new Set([eventId.replaceAll("-", "")]),
  );
  expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(2);
  expect(collector.spans.map(({ attributes }) => attributes["webhooker.duplicate"])).toEqual([true, true]);
  expect(collector.spans.map(({ durationMs }) => durationMs)).toEqual([5, 5]);
});

test("an attempt records its destination if that is a web address, and no more than its target's list shows", async () => {
  const { stop, tracing } = start();
  const begun = {
    eventId: newId(),
    webhookId: "w",
    targetId: "t",
    targetType: "slack",
    method: "POST",
    traceparent: null,
    attempt: 1,
    replays: 0,
  };
  for (const destination of ["https://example.com/in", "localhost:8080", "this server's log"]) {
    const ended = { status: "delivered", statusCode: null, error: null };
    tracing.beginAttempt({ ...begun, destination })?.end(ended);
  }
  await stop();
  const placesOf = collector.spans.map(({ attributes }) => [
    attributes["url.full"],
    attributes["server.address"],
    attributes["server.port"],
  ]);
  const none = [undefined, undefined, undefined];
  expect(placesOf).toEqual([["https://example.com/in", "example.com", 443], none, none]);
});
