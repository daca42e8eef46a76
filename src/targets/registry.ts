/** Lists every target type; a new one is its own file and one line here. */
import type { z } from "zod";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { Outbound } from "../outbound/outbound.ts";
import { createTypeList, type TypeList } from "../settings/type-list.ts";
import { databaseTarget } from "./database.ts";
import { createHttpTarget } from "./http.ts";
import { createLogTarget } from "./log.ts";
import { createPullTarget } from "./pull/pull-target.ts";
import { Pulls } from "./pull/pulls.ts";
import { createSlackTarget } from "./slack.ts";
import type { DeliveryAttempt, TargetType } from "./target-type.ts";

export type TargetTypes = TypeList<TargetType>;

export function createTargetTypes(deps: {
  outbound: Outbound;
  log: Logger;
  clock?: Clock;
  /** Where pull targets' deliveries are fetched; without it nobody fetches any. */
  pulls?: Pulls;
}): TargetTypes {
  const { outbound, log, clock = systemClock, pulls = new Pulls({ clock, log }) } = deps;
  const all: readonly TargetType[] = [
    checked(createHttpTarget({ outbound, clock })),
    checked(createSlackTarget({ outbound, clock })),
    checked(createPullTarget({ pulls })),
    checked(createLogTarget({ log })),
    checked(databaseTarget),
  ];
  return createTypeList({ all, what: "target type", path: "type" });
}

/**
 * Wraps a target type so that it accepts any stored config, which the schema checks on use. The result is cached per
 * config object, so a caller that keeps the object pays for it once.
 */
function checked<Config>(inner: TargetType<Config>): TargetType {
  const known = new WeakMap<object, z.ZodSafeParseResult<Config>>();
  function check(config: unknown): z.ZodSafeParseResult<Config> {
    if (typeof config !== "object" || config === null) return inner.configSchema.safeParse(config);
    const before = known.get(config);
    if (before !== undefined) return before;
    const result = inner.configSchema.safeParse(config);
    known.set(config, result);
    return result;
  }
  return {
    type: inner.type,
    label: inner.label,
    description: inner.description,
    configSchema: inner.configSchema,
    fields: inner.fields,
    settlesAtIngest: inner.settlesAtIngest,
    signs: inner.signs === true,
    ...(inner.policyDefaults && { policyDefaults: inner.policyDefaults }),
    ...(inner.roomFor && { roomFor: inner.roomFor }),
    summarize(config) {
      const result = check(config);
      return result.success ? inner.summarize(result.data) : `${inner.label} (settings are not valid)`;
    },
    refusal(config) {
      const result = check(config);
      return result.success ? (inner.refusal?.(result.data) ?? null) : null;
    },
    previewRequest:
      inner.previewRequest &&
      ((parts, now) => {
        const result = check(parts.config);
        return result.success
          ? (inner.previewRequest?.({ ...parts, config: result.data }, now) ?? null)
          : null;
      }),
    deliver(attempt) {
      const result = check(attempt.config);
      if (result.success) return inner.deliver(withConfig(attempt, result.data));
      const fields = result.error.issues.map((issue) => issue.path.join(".") || "config");
      return Promise.resolve({
        kind: "failed",
        retryable: true,
        error: `The target's settings are not valid: see ${[...new Set(fields)].join(", ")}.`,
        response: null,
      });
    },
  };
}

/** Copied field by field: this runs for every delivery, and spreading the rest of an object is slow. */
function withConfig<Config>(given: DeliveryAttempt<unknown>, config: Config): DeliveryAttempt<Config> {
  const { event, notice, webhook, target, signer, attempt, timeoutMs, signal } = given;
  return { event, notice, webhook, target, config, signer, attempt, timeoutMs, signal };
}
