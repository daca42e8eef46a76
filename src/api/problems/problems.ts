/** /problems: what goes wrong and went wrong with the caller's webhooks. */
import { z } from "zod";
import { PROBLEM_KINDS, PROBLEM_SUBJECTS } from "../../settings/notice-settings.ts";
import { PROBLEM_STATES } from "../../storage/main-db/problems.ts";
import { acknowledgeInput, type SeenProblem } from "../../webhooks/notices/problems.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { count, id, time } from "../schema-parts.ts";
import { listOf } from "../schemas.ts";

const tag = "Problems";
const path = "/problems";

const lastAttempt = z
  .strictObject({
    at: time,
    delivered: z.boolean(),
    status_code: z.int().nullable().describe("null: there was no response."),
    error: z.string().nullable(),
  })
  .nullable();

const problemSchema = z
  .strictObject({
    id,
    webhook_id: id,
    kind: z.enum(PROBLEM_KINDS),
    target_id: id.nullable().describe("The target that has the problem; null: an entrypoint has it."),
    entrypoint_id: id.nullable(),
    name: z.string().describe("The target's or entrypoint's name when the problem began."),
    since: time,
    over_at: time.nullable().describe("null: it goes on."),
    detail: z.string().nullable().describe("A sentence on what happened first."),
    waiting_deliveries: count
      .nullable()
      .describe("Deliveries to the target that wait; null: the problem is over, or an entrypoint's."),
    failed_deliveries: count.nullable(),
    last_attempt: lastAttempt,
    acknowledgement: z
      .strictObject({ at: time, by: z.string().describe("A username."), note: z.string() })
      .nullable(),
  })
  .meta({ id: "Problem", description: "Something that goes wrong with a target or an entrypoint." });

const listQuery = z.strictObject({
  state: z.enum(PROBLEM_STATES).optional().describe("Default: all."),
  webhook_id: z.string().optional().describe("Only those of this webhook."),
  cursor: z.string().optional().describe("`next_cursor` of the page before."),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

export function problemOperations({ problems }: ApiDeps): readonly Operation[] {
  return [
    operation({
      id: "listProblems",
      method: "GET",
      path,
      tag,
      scope: "events:read",
      forLimitedKeys: true,
      summary: "List the problems of your webhooks, latest first",
      description:
        "Problems are recorded whether or not somebody gets notices. Those that are over are kept for 90 days.",
      query: listQuery,
      success: { status: 200, description: "A page of problems.", schema: listOf(problemSchema) },
      async handle({ caller: { userId, webhookIds }, query: { state, webhook_id, cursor, limit } }) {
        const page = await problems.list({
          userId,
          only: webhookIds,
          webhookId: webhook_id ?? null,
          state: state ?? null,
          cursor: cursor ?? null,
          limit,
        });
        return { data: page.problems.map(present), next_cursor: page.nextCursor };
      },
    }),
    operation({
      id: "acknowledgeProblem",
      method: "POST",
      path: `${path}/:problem_id/acknowledge`,
      tag,
      scope: "replay",
      forLimitedKeys: true,
      summary: "Acknowledge an open problem",
      description: "Says who looks after it. A later acknowledgement replaces it.",
      params: z.object({ problem_id: id }),
      body: acknowledgeInput,
      emptyBody: { note: "" },
      success: { status: 200, description: "The problem.", schema: problemSchema },
      errors: ["conflict"],
      async handle({ caller: { userId, webhookIds: only }, params: { problem_id: problemId }, body: input }) {
        return present(await problems.acknowledge({ userId, only, problemId, input }));
      },
    }),
  ];
}

function present(problem: SeenProblem): z.infer<typeof problemSchema> {
  const { id: problemId, webhookId, kind, subjectId, subjectName, since, overAt, detail, target } = problem;
  const { acknowledgement } = problem;
  const isOfTarget = PROBLEM_SUBJECTS[kind] === "target";
  const last = target?.lastResult ?? null;
  return {
    id: problemId,
    webhook_id: webhookId,
    kind,
    target_id: isOfTarget ? subjectId : null,
    entrypoint_id: isOfTarget ? null : subjectId,
    name: subjectName,
    since: iso(since),
    over_at: overAt === null ? null : iso(overAt),
    detail: detail === "" ? null : detail,
    waiting_deliveries: target?.waiting ?? null,
    failed_deliveries: target?.failed ?? null,
    last_attempt: last && {
      at: iso(last.at),
      delivered: last.delivered,
      status_code: last.statusCode,
      error: last.error,
    },
    acknowledgement: acknowledgement && { ...acknowledgement, at: iso(acknowledgement.at) },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
