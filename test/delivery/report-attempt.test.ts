import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { reportAttempt } from "../../src/delivery/attempts/report-attempt.ts";
import type { OpenedTarget } from "../../src/delivery/open-target.ts";
import { type MeasuredAttempt, noMetrics } from "../../src/observability/metrics.ts";
import type { DueDelivery, Settlement } from "../../src/storage/event-db/types.ts";
import { parseDeliveryPolicy } from "../../src/targets/delivery-policy.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { DELIVERED } from "./scripted-targets.ts";

const opened: OpenedTarget = {
  target: {
    id: "t1",
    webhookId: "w1",
    webhookName: "Shop",
    name: "Warehouse",
    type: "fake",
    active: true,
    paused: false,
    deleted: false,
    policy: {},
    config: {},
    signing: null,
    transformation: null,
  },
  type: {
    type: "fake",
    label: "Fake",
    description: "",
    configSchema: z.unknown(),
    fields: [],
    settlesAtIngest: false,
    summarize: () => "",
    deliver: async () => DELIVERED,
  },
  config: { url: "https://example.com/the-secret-path" },
  signer: null,
  policy: parseDeliveryPolicy({}),
};
const due: DueDelivery = {
  eventId: "e1",
  targetId: "t1",
  attempts: 3,
  attemptsAtReplay: 0,
  replays: 0,
  dueAt: 1,
  dueSince: 1,
  event: {
    id: "e1",
    entrypointId: "p1",
    receivedAt: 1_000,
    method: "POST",
    pathTail: "",
    query: "key=secret",
    headers: [["authorization", "Bearer secret"]],
    contentType: "",
    remoteAddress: "",
    type: null,
    bodySize: 6,
    body: Buffer.from("secret"),
  },
};

function report(status: Settlement["status"], values: Partial<DueDelivery> = {}) {
  const { log, lines } = createRecordingLog();
  const attempts: MeasuredAttempt[] = [];
  const metrics = { ...noMetrics, attempted: (done: MeasuredAttempt) => attempts.push(done) };
  const settlement: Settlement = {
    eventId: "e1",
    targetId: "t1",
    replays: 0,
    status,
    nextAttemptAt: status === "pending" ? 9 : null,
    reason: null,
    result: {
      id: "r1",
      attempt: 4,
      startedAt: 4_900,
      durationMs: 100,
      responseHeaders: [["x-key", "secret"]],
      statusCode: 500,
      error: status === "delivered" ? null : "The target answered 500.",
      responseBody: Buffer.from("a secret"),
      responseBodyTruncated: false,
      transformationVersion: null,
      transformationFailed: false,
    },
  };
  const delivery = { ...due, ...values };
  reportAttempt({ log, metrics, opened, due: delivery, settlement, begunAt: 77, endedAt: 5_000 });
  return { lines, attempts };
}

describe("an attempt is told", () => {
  test.each([
    ["delivered", "debug", "delivered"],
    ["pending", "info", "delivery failed, will be retried"],
    ["failed", "warn", "delivery given up"],
  ] as const)("in one line, with all by which it is looked for: %s at %s", (status, level, message) => {
    const { lines } = report(status);
    expect(lines).toEqual([
      {
        level,
        message,
        fields: {
          webhook_id: "w1",
          entrypoint_id: "p1",
          event_id: "e1",
          target_id: "t1",
          target_type: "fake",
          attempt: 4,
          replays: 0,
          transformation: null,
          status,
          status_code: 500,
          duration_ms: 100,
          since_received_ms: 4_000,
          error: status === "delivered" ? null : "The target answered 500.",
          body_bytes: 6,
          response_bytes: 8,
          next_attempt_at: status === "pending" ? 9 : null,
        },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  test.each([
    ["delivered", "delivered"],
    ["pending", "retried"],
    ["failed", "failed"],
  ] as const)("to the metrics: %s as %s", (status, outcome) => {
    const { attempts } = report(status);
    expect(attempts).toEqual([
      {
        webhookId: "w1",
        targetId: "t1",
        targetType: "fake",
        eventId: "e1",
        receivedAt: 1_000,
        endedAt: 5_000,
        begunAt: 77,
        attemptsBefore: 3,
        isReplay: false,
        outcome,
      },
    ]);
    expect(report(status, { replays: 1 }).attempts[0]?.isReplay).toBe(true);
  });
});
