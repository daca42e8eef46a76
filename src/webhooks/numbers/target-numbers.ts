/** Numbers of one target of the user's: its attempts in a time, and its last failures. */
import { type Clock, HOUR_MS } from "../../lib/clock.ts";
import { notFound } from "../../lib/errors.ts";
import type { TargetFailure } from "../../storage/event-db/deliveries/target-failures.ts";
import type { TargetNumbers } from "../../storage/event-db/numbers/target-numbers.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import { type InWebhook, requireRole } from "../people/roles.ts";

/** Hours up to the present one. */
export const NUMBER_RANGES = { "24h": 24, "7d": 7 * 24, "30d": 30 * 24 } as const;
export type NumberRange = keyof typeof NUMBER_RANGES;

const FAILURES_SHOWN = 10;

type InTarget = InWebhook & Readonly<{ targetId: string }>;
/** The hours that begin from `from` to before `to`. */
type Time = Readonly<{ from: number; to: number }>;

/** Each call throws AppError `not_found`, and `unavailable` if the event file cannot be used. */
export type TargetNumbersReader = Readonly<{
  read: (of: InTarget & Time) => Promise<TargetNumbers>;
  readRange: (of: InTarget & Readonly<{ range: NumberRange }>) => Promise<TargetNumbers & Time>;
  listFailures: (of: InTarget) => Promise<readonly TargetFailure[]>;
}>;

export function createTargetNumbers(deps: {
  mainDb: MainDb;
  events: Pick<EventStore, "targetNumbers" | "listTargetFailures">;
  clock: Clock;
}): TargetNumbersReader {
  const { mainDb, events, clock } = deps;

  /** Ids of the target, which is the user's. */
  function own({ targetId, ...of }: InTarget) {
    const { id: webhookId } = requireRole(mainDb, of, "viewer");
    if (!mainDb.targets.find({ id: targetId, webhookId })) throw notFound("target");
    return { webhookId, targetId };
  }

  return {
    read: async ({ from, to, ...of }) => events.targetNumbers({ ...own(of), from, to }),
    async readRange({ range, ...of }) {
      const now = clock.now();
      const to = now - (now % HOUR_MS) + HOUR_MS;
      const from = to - NUMBER_RANGES[range] * HOUR_MS;
      return { from, to, ...(await events.targetNumbers({ ...own(of), from, to })) };
    },
    listFailures: async (of) => events.listTargetFailures({ ...own(of), limit: FAILURES_SHOWN }),
  };
}
