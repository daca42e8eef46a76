/** Converts targets into the API's form, with their current delivery state. */
import type { z } from "zod";
import type { ThrottleControl, ThrottleView } from "../../delivery/throttle/throttle-control.ts";
import type { FilterTrial, JudgedEvent } from "../../storage/reader/filter-trial.ts";
import { managedOf } from "../../webhooks/config/views.ts";
import type { Target } from "../../webhooks/targets.ts";
import type { Transformation } from "../../webhooks/transformations.ts";
import type { filterTrialSchema } from "../events/event-schemas.ts";
import { time } from "../presenters.ts";
import type { targetSchema } from "../schemas.ts";
import type { throttleSchema } from "./throttle-schemas.ts";

export function presentFilterTrial(trial: FilterTrial): z.infer<typeof filterTrialSchema> {
  return {
    judged: trial.judged,
    complete: trial.isWhole,
    ...trial.outcomes,
    changes: trial.changes,
    changed: trial.changed.map(presentJudged),
    others: trial.others.map(presentJudged),
  };
}

function presentJudged({ id, receivedAt, type, outcome, reason }: JudgedEvent) {
  return { event_id: id, received_at: time(receivedAt), type, outcome, reason };
}

type Presented = z.infer<typeof targetSchema>;

export function createTargetPresenter(throttle: Pick<ThrottleControl, "read">) {
  return {
    async one(target: Target): Promise<Presented> {
      return present(target, (await throttle.read([target])).get(target.id));
    },
    /** All targets must belong to one webhook. */
    async all(targets: readonly Target[]): Promise<Presented[]> {
      const throttles = await throttle.read(targets);
      return targets.map((target) => present(target, throttles.get(target.id)));
    },
  };
}

function present(target: Target, throttle: ThrottleView | undefined): Presented {
  return {
    id: target.id,
    webhook_id: target.webhookId,
    name: target.name,
    type: target.type,
    active: target.active,
    deactivated_reason: target.deactivatedReason,
    paused: target.pausedAt !== null,
    paused_at: timeOrNull(target.pausedAt),
    config: target.config,
    summary: target.summary,
    warning: target.warning,
    ...target.policy,
    signing: {
      scheme: target.signing.scheme,
      public_key: target.signing.publicKey,
      previous_until: timeOrNull(target.signing.previousUntil),
    },
    transformation: target.transformation && presentTransformation(target.transformation),
    ...(target.signingSecret !== undefined && { signing_secret: target.signingSecret }),
    ...managedOf(target),
    flow: throttle ? presentThrottle(throttle) : null,
    created_at: time(target.createdAt),
    updated_at: time(target.updatedAt),
  };
}

export function presentTransformation({ version, code, createdAt }: Transformation) {
  return { version, code, created_at: time(createdAt) };
}

function presentThrottle({
  held,
  drain,
  circuit,
  restsUntil,
  pull,
}: ThrottleView): z.infer<typeof throttleSchema> {
  return {
    held,
    draining: drain && {
      left: held,
      per_second: Math.round(drain.perSecond * 10) / 10,
      estimate_seconds: Math.ceil(drain.estimateMs / 1_000),
    },
    circuit: {
      state: circuit.state,
      since: timeOrNull(circuit.since),
      reason: circuit.reason,
      next_probe_at: timeOrNull(circuit.nextProbeAt),
    },
    rests_until: timeOrNull(restsUntil),
    pull: pull && {
      connected: pull.isConnected,
      last_pull_at: timeOrNull(pull.lastPullAt),
      leased: pull.leased,
    },
  };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : time(ms);
}
