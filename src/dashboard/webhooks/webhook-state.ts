/** Reads what pages show of a webhook; if its event file cannot be used, the state says so. */

import type { ThrottleView } from "../../delivery/throttle/throttle-control.ts";
import { AppError } from "../../lib/errors.ts";
import { nextTurn } from "../../lib/pauses.ts";
import type { Overview, TargetOverview } from "../../storage/event-db/numbers/overview.ts";
import type { RetryingCount } from "../../storage/event-db/numbers/retrying.ts";
import type { Entrypoint } from "../../webhooks/entrypoints.ts";
import type { Target } from "../../webhooks/targets.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import type { SourcesDeps } from "./deps.ts";
import type { Refused } from "./entrypoints/refused.tsx";
import { type Health, webhookHealth } from "./targets/health.ts";

/** Number of webhooks read in one turn of the event loop, which takes 2 to 4 ms. */
const READ_STEP = 10;

export type Fault = Readonly<{ message: string; hint: string | null }>;

/** Data from the event file. */
export type Usable = Readonly<{
  fault: null;
  overview: Overview;
  targetOverviews: ReadonlyMap<string, TargetOverview>;
  lastEvents: ReadonlyMap<string, number>;
  throttles: ReadonlyMap<string, ThrottleView>;
  /** By target; those without pending deliveries are missing. */
  retrying: ReadonlyMap<string, RetryingCount>;
}>;

/** The reason why the event file cannot be read. */
export type Unusable = Readonly<{ fault: Fault }>;

export type FileState = Usable | Unusable;

export type WebhookState = Readonly<{
  webhook: Webhook;
  entrypoints: readonly Entrypoint[];
  targets: readonly Target[];
  file: FileState;
  health: Health;
  /** Refused requests of the last day. */
  refused: Refused;
}>;

type Deps = Pick<SourcesDeps, "useCases" | "events" | "throttle" | "refusals">;

export async function readWebhookState(deps: Deps, webhook: Webhook): Promise<WebhookState> {
  const { useCases } = deps;
  const of = { userId: webhook.userId, webhookId: webhook.id };
  const [entrypoints, targets] = await Promise.all([
    useCases.entrypoints.list(of),
    useCases.targets.list(of),
  ]);
  const file = await readFile(deps, webhook.id, targets);
  const health: Health =
    file.fault === null
      ? webhookHealth({ ...file, entrypoints, targets })
      : { tone: "bad", label: "event file unusable" };
  return { webhook, entrypoints, targets, file, health, refused: readRefused(deps, entrypoints) };
}

function readRefused({ refusals }: Deps, entrypoints: readonly Entrypoint[]): Refused {
  const each = entrypoints.map(({ id }) => [id, refusals.lastDay(id)] as const);
  return new Map(each.filter(([, byReason]) => byReason.size > 0));
}

/** Reads many webhooks, a few at a time, so that other work runs in between. */
export async function readWebhookStates(
  deps: Deps,
  webhooks: readonly Webhook[],
): Promise<readonly WebhookState[]> {
  const states: WebhookState[] = [];
  for (let from = 0; from < webhooks.length; from += READ_STEP) {
    if (from > 0) await nextTurn();
    const some = webhooks.slice(from, from + READ_STEP);
    states.push(...(await Promise.all(some.map((webhook) => readWebhookState(deps, webhook)))));
  }
  return states;
}

async function readFile(
  { events, throttle }: Pick<SourcesDeps, "events" | "throttle">,
  webhookId: string,
  targets: readonly Target[],
): Promise<FileState> {
  try {
    const [overview, targetOverviews, lastEvents, throttles, retrying] = await Promise.all([
      events.overview(webhookId),
      events.targetOverviews(webhookId),
      events.entrypointLastEvents(webhookId),
      throttle.read(targets),
      events.retrying(webhookId),
    ]);
    return { fault: null, overview, targetOverviews, lastEvents, throttles, retrying };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}

/** Rethrows errors that the event file did not cause. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof AppError) || error.kind !== "unavailable") throw error;
  return { message: error.message, hint: error.hint ?? null };
}
