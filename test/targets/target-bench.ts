/** Real parts around one target type: an outbound client, a receiver, and a log in memory. */
import { Pulls } from "../../src/targets/pull/pulls.ts";
import { createTargetTypes } from "../../src/targets/registry.ts";
import type { DeliveryAttempt, ReceivedEvent, TargetType } from "../../src/targets/target-type.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createTestOutbound, neverAborted, type TestOutbound } from "../support/outbound.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { createRecordingLog, type LogLine } from "../support/recording-log.ts";

export const event: ReceivedEvent = {
  id: "0190a000-0000-7000-8000-000000000001",
  entrypointId: "0190a000-0000-4000-8000-000000000002",
  receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  method: "POST",
  pathTail: "",
  query: "",
  headers: [["content-type", "application/json"]],
  contentType: "application/json",
  remoteAddress: "203.0.113.9",
  body: new TextEncoder().encode('{"hello":"world"}'),
};

export function attemptOf(
  config: unknown,
  changes: Partial<DeliveryAttempt<unknown>> = {},
): DeliveryAttempt<unknown> {
  return {
    event,
    webhook: { id: "0190a000-0000-7000-8000-000000000003", name: "Shop" },
    target: { id: "0190a000-0000-7000-8000-000000000004", name: "Office" },
    config,
    signer: null,
    attempt: 1,
    timeoutMs: 30_000,
    signal: neverAborted,
    ...changes,
  };
}

export type TargetBench = Readonly<{
  type: TargetType;
  receiver: Receiver;
  outbound: TestOutbound;
  lines: LogLine[];
  /** Where a pull target's deliveries are fetched. */
  pulls: Pulls;
}>;

export async function startTargetBench(type: string): Promise<TargetBench & { stop: () => Promise<void> }> {
  const { log, lines } = createRecordingLog();
  const outbound = createTestOutbound();
  const receiver = await startReceiver();
  const clock = createFakeClock();
  const pulls = new Pulls({ clock, log });
  return {
    type: createTargetTypes({ outbound, log, clock, pulls }).get(type),
    pulls,
    receiver,
    outbound,
    lines,
    async stop() {
      pulls.stop();
      outbound.close();
      await receiver.close();
    },
  };
}
