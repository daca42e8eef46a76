/** /webhooks/{id}/replays: deliver many stored events again, selected by filter or by id. */
import { z } from "zod";
import { isId } from "../../lib/ids.ts";
import type { SeenReplay } from "../../replays/replay-runs.ts";
import type { ReplayOrder } from "../../storage/event-db/replays/replay-run.ts";
import type { ApiDeps } from "../deps.ts";
import { eventFilterShape, toEventFilter } from "../events/event-filter.ts";
import { type Operation, operation } from "../operation.ts";
import { createRequireFields, createRequireWebhook } from "../require-webhook.ts";
import {
  listOf,
  replayCountSchema,
  replayPath,
  replayRunSchema,
  replayTargetPath,
  webhookPath,
} from "../schemas.ts";
import { presentReplayCount, presentReplayRun } from "./present-replay.ts";

const tag = "Replays";
const listPath = "/webhooks/:webhook_id/replays";
const path = `${listPath}/:replay_id`;

/** Select more by a filter. */
const MOST_EVENT_IDS = 1_000;

const replayRunInput = z
  .strictObject({
    filter: z
      .strictObject(eventFilterShape)
      .optional()
      .describe(
        "Events that match all conditions; {} matches every event. `status` and `target_id` also select deliveries.",
      ),
    event_ids: z
      .array(z.string().refine(isId, "is not a valid id"))
      .min(1)
      .max(MOST_EVENT_IDS)
      .optional()
      .describe("These events. Unknown ids are ignored."),
    target_id: z
      .string()
      .optional()
      .describe("Send every event to this target. Default: the same targets as before."),
    only_missing: z
      .boolean()
      .default(false)
      .describe(
        "With `target_id`: only events that the target never received, to bring a new target up to date.",
      ),
    dry_run: z.boolean().default(false).describe("Only count; replay nothing."),
  })
  .refine(({ filter, event_ids }) => (filter === undefined) !== (event_ids === undefined), {
    message: "set either this or event_ids",
    path: ["filter"],
  })
  .refine(({ only_missing, target_id }) => !only_missing || target_id !== undefined, {
    message: "is required with only_missing",
    path: ["target_id"],
  })
  .meta({ id: "ReplayRunInput" });

type Input = z.infer<typeof replayRunInput>;

export function replayOperations(deps: ApiDeps): readonly Operation[] {
  const { replayRuns } = deps;

  const requireWebhook = createRequireWebhook(deps.useCases);
  const requireFields = createRequireFields(deps.useCases);

  function control(
    name: "pause" | "resume" | "cancel",
    { summary, description }: { summary: string; description: string },
  ): Operation {
    return operation({
      id: `${name}Replay`,
      method: "POST",
      path: `${path}/${name}`,
      tag,
      scope: "replay",
      summary,
      params: replayPath,
      success: { status: 200, description, schema: replayRunSchema },
      errors: ["conflict"],
      async handle({ caller, params }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        return presentReplayRun(webhookId, await replayRuns[name]({ webhookId, id: params.replay_id }));
      },
    });
  }

  return [
    operation({
      id: "createReplay",
      method: "POST",
      path: listPath,
      tag,
      scope: "replay",
      summary: "Replay many events, or count them",
      description:
        "Replays the oldest events first. Live events take priority. Events received after this request are not included.",
      params: webhookPath,
      body: replayRunInput,
      success: {
        status: 202,
        description: "The replay, which is counted and then started; with `dry_run` only the count.",
        schema: z.union([replayRunSchema, replayCountSchema]),
      },
      errors: ["conflict"],
      async handle({ caller, params, body }) {
        const { webhookId, indexedFields } = await requireFields(caller, params.webhook_id);
        const order = orderOf(body, { indexedFields, now: deps.clock.now() });
        if (body.dry_run) {
          return presentReplayCount(await replayRuns.count(webhookId, order));
        }
        return presentReplayRun(
          webhookId,
          await replayRuns.begin(webhookId, { ...order, askedBy: caller.userId }),
        );
      },
    }),
    operation({
      id: "listReplays",
      method: "GET",
      path: listPath,
      tag,
      scope: "events:read",
      summary: "List a webhook's replays, newest first",
      params: webhookPath,
      success: {
        status: 200,
        description: "All unfinished replays and about 100 finished ones.",
        schema: listOf(replayRunSchema),
      },
      async handle({ caller, params }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        const runs = await replayRuns.list(webhookId);
        return { data: runs.map((run: SeenReplay) => presentReplayRun(webhookId, run)), next_cursor: null };
      },
    }),
    operation({
      id: "getReplay",
      method: "GET",
      path,
      tag,
      scope: "events:read",
      summary: "Read a replay and its progress",
      params: replayPath,
      success: { status: 200, description: "The replay.", schema: replayRunSchema },
      async handle({ caller, params }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        return presentReplayRun(webhookId, await replayRuns.get({ webhookId, id: params.replay_id }));
      },
    }),
    control("pause", {
      summary: "Pause a replay",
      description: "No more deliveries are scheduled until it is resumed.",
    }),
    control("resume", { summary: "Resume a paused replay", description: "It continues where it stopped." }),
    control("cancel", {
      summary: "Cancel a replay",
      description: "Ends the replay. Deliveries already scheduled are still sent.",
    }),
    operation({
      id: "removeReplayTarget",
      method: "POST",
      path: `${path}/targets/:target_id/remove`,
      tag,
      scope: "replay",
      summary: "Remove a target from a replay",
      description:
        "The replay continues with the other targets. Deliveries already scheduled are still sent.",
      params: replayTargetPath,
      success: { status: 200, description: "The replay.", schema: replayRunSchema },
      errors: ["conflict"],
      async handle({ caller, params }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        const of = { webhookId, id: params.replay_id, targetId: params.target_id };
        return presentReplayRun(webhookId, await replayRuns.removeTarget(of));
      },
    }),
  ];
}

function orderOf(
  { filter, event_ids, target_id, only_missing }: Input,
  of: Readonly<{ indexedFields: readonly string[]; now: number }>,
): ReplayOrder {
  return {
    selection:
      event_ids === undefined
        ? { kind: "filter", filter: toEventFilter(filter ?? {}, of) }
        : { kind: "events", eventIds: event_ids },
    targetId: target_id ?? null,
    onlyMissing: only_missing,
  };
}
