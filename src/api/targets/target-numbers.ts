/** /webhooks/{id}/targets/{id}/numbers: a target's attempts within a time. */
import { z } from "zod";
import type { NUMBER_RANGES, TargetNumbersReader } from "../../webhooks/numbers/target-numbers.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { time as presentTime } from "../presenters.ts";
import { count, time } from "../schema-parts.ts";
import { targetPath } from "../schemas.ts";

const ranges = ["24h", "7d", "30d"] as const satisfies (keyof typeof NUMBER_RANGES)[];

const query = z.strictObject({
  range: z.enum(ranges).default("24h").describe("How far back from now; ends with the present hour."),
});

const duration = count.nullable();

const numbersSchema = z
  .strictObject({
    from: time,
    to: time.describe("The end of the present hour."),
    counted_since: time
      .nullable()
      .describe("Start of the first hour with a counted attempt; null: none was."),
    delivered: count.describe("Attempts that delivered."),
    failed: count.describe("Failed attempts, whether the delivery was tried again or given up."),
    gave_up: count.describe("Deliveries that were given up."),
    answers: z
      .strictObject({
        "2xx": count,
        "3xx": count,
        "4xx": count,
        "5xx": count,
        other: count,
        none: count.describe("Attempts without a response, such as timeouts."),
      })
      .describe("Attempts by the status of their response."),
    duration_ms: z
      .strictObject({ p50: duration, p95: duration, p99: duration })
      .describe(
        "Milliseconds within which that share of the attempts was answered, to an eighth; null: none was. Attempts without a response do not count.",
      ),
    hours: z
      .array(z.strictObject({ at: time, delivered: count, failed: count, gave_up: count }))
      .describe("The hours with attempts, oldest first."),
  })
  .meta({ id: "TargetNumbers", description: "Counts of a target's attempts, kept for a year." });

export function targetNumbersOperations({ targetNumbers }: ApiDeps): readonly Operation[] {
  return [
    operation({
      id: "readTargetNumbers",
      method: "GET",
      path: "/webhooks/:webhook_id/targets/:target_id/numbers",
      tag: "Targets",
      scope: "webhooks:read",
      summary: "Read the numbers of a target's attempts",
      params: targetPath,
      query,
      success: { status: 200, description: "Counts and percentiles.", schema: numbersSchema },
      async handle({ caller: { userId }, params, query: { range } }) {
        const of = { userId, webhookId: params.webhook_id, targetId: params.target_id };
        return present(await targetNumbers.readRange({ ...of, range }));
      },
    }),
  ];
}

function present(
  numbers: Awaited<ReturnType<TargetNumbersReader["readRange"]>>,
): z.infer<typeof numbersSchema> {
  const { from, to, countedSince, delivered, failed, gaveUp, answers, durations, hours } = numbers;
  return {
    from: presentTime(from),
    to: presentTime(to),
    counted_since: countedSince === null ? null : presentTime(countedSince),
    delivered,
    failed,
    gave_up: gaveUp,
    answers,
    duration_ms: durations,
    hours: hours.map((hour) => ({
      at: presentTime(hour.at),
      delivered: hour.delivered,
      failed: hour.failed,
      gave_up: hour.gaveUp,
    })),
  };
}
