import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Logger } from "../../src/observability/log.ts";
import { createLogTarget } from "../../src/targets/log.ts";
import { describeTargetContract, failed } from "./contract.ts";
import { attemptOf, event, startTargetBench } from "./target-bench.ts";

describeTargetContract({
  type: "log",
  config: () => ({}),
  secrets: [],
  success: { status: 200, body: "" },
  remote: false,
});

describe("the log target", () => {
  let bench: Awaited<ReturnType<typeof startTargetBench>>;
  beforeEach(async () => {
    bench = await startTargetBench("log");
  });
  afterEach(() => bench.stop());

  async function logged(body: Uint8Array) {
    await bench.type.deliver(attemptOf({}, { event: { ...event, body } }));
    return bench.lines.at(-1);
  }

  test("writes one line with the event's properties and its body", async () => {
    const line = await logged(event.body);
    expect(bench.lines).toHaveLength(1);
    expect(line).toEqual({
      level: "info",
      message: "event",
      fields: {
        event_id: event.id,
        webhook_id: "0190a000-0000-7000-8000-000000000003",
        webhook: "Shop",
        target_id: "0190a000-0000-7000-8000-000000000004",
        target: "Office",
        attempt: 1,
        method: "POST",
        content_type: "application/json",
        size: 17,
        received_at: "2026-01-02T03:04:05.000Z",
        body: '{"hello":"world"}',
      },
    });
  });

  test("cuts a long body between two characters and marks it", async () => {
    const line = await logged(new TextEncoder().encode(`x${"é".repeat(4_000)}`));
    expect(line?.fields).toMatchObject({ size: 8_001, body: `x${"é".repeat(2_047)}`, body_truncated: true });
  });

  test("leaves out a body that is not text", async () => {
    expect(Object.keys((await logged(new Uint8Array([0xff])))?.fields ?? {})).not.toContain("body");
    expect(Object.keys((await logged(new Uint8Array([0x61, 0xc3])))?.fields ?? {})).not.toContain("body");
    expect(Object.keys((await logged(new Uint8Array()))?.fields ?? {})).not.toContain("body");
  });

  test("reports that the log cannot be written", async () => {
    const broken = () => {
      throw new Error("no space");
    };
    const log: Logger = { debug: broken, info: broken, warn: broken, error: broken, with: () => log };
    const outcome = await createLogTarget({ log }).deliver({ ...attemptOf({}), config: {} });
    expect(failed(outcome)).toMatchObject({
      retryable: true,
      error: "The log could not be written: no space",
    });
  });
});
