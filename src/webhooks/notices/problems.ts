/** Use cases on the problems of a user's webhooks: what goes wrong and went wrong, and who looks after it. */

import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { AppError, invalidCursor, notFound } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import { nextTurn } from "../../lib/pauses.ts";
import { PROBLEM_SUBJECTS } from "../../settings/notice-settings.ts";
import type { TargetOverview } from "../../storage/event-db/numbers/overview.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { Problem, ProblemState } from "../../storage/main-db/problems.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import { findAccess, includesRole, requireRole } from "../people/roles.ts";
import { validate } from "../validate.ts";

/** Event files read in one turn of the event loop. */
const READ_STEP = 10;
const REPAIRER = "replayer";

export const acknowledgeInput = z.strictObject({
  note: z.string().trim().max(500).default("").describe("A note on what is known, or being done."),
});

export type SeenProblem = Problem &
  Readonly<{
    webhook: Readonly<{ id: string; name: string }>;
    /** Whether the user's role allows to acknowledge it, and to replay what failed. */
    mayRepair: boolean;
    /** Figures of a target with an open problem; null for others, and if the event file cannot be read. */
    target: Readonly<{
      /** Deliveries that wait, paused ones included. */
      waiting: number;
      failed: number;
      lastResult: TargetOverview["lastResult"];
    }> | null;
  }>;

type OfUser = Readonly<{
  userId: string;
  /** The webhooks that an API key is limited to; null: all the user's. */
  only: readonly string[] | null;
}>;

export type WantedProblems = OfUser &
  Readonly<{
    /** Null: of all the user's webhooks. */
    webhookId: string | null;
    /** Null: all. */
    state: ProblemState | null;
    cursor: string | null;
    limit: number;
  }>;

export type ProblemUseCases = Readonly<{
  /** The latest first. Rejects with AppError `not_found` for another's webhook, `invalid` for a wrong cursor. */
  list: (wanted: WantedProblems) => Promise<{ problems: readonly SeenProblem[]; nextCursor: string | null }>;
  /** Rejects with AppError `not_found`, `forbidden` for viewers, `invalid`, `conflict` if the problem is over. */
  acknowledge: (of: OfUser & { problemId: string; input: unknown }) => Promise<SeenProblem>;
  /** Number of the user's open problems that nobody has acknowledged. Cheap: every page shows it. */
  countUnacknowledged: (userId: string) => number;
}>;

export function createProblemUseCases(deps: {
  mainDb: Pick<MainDb, "problems" | "webhooks" | "members" | "users">;
  events: Pick<EventStore, "targetOverviews">;
  clock: Pick<Clock, "now">;
}): ProblemUseCases {
  const { mainDb, events, clock } = deps;
  const { problems, webhooks, users } = mainDb;

  /** Names of the user's webhooks by id. */
  function ownNames({ userId, only }: OfUser): ReadonlyMap<string, string> {
    const own = webhooks.list(userId).filter(({ id }) => only === null || only.includes(id));
    return new Map(own.map(({ id, name }) => [id, name]));
  }

  async function readOverviews(
    webhookIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, TargetOverview>>> {
    const read = new Map<string, ReadonlyMap<string, TargetOverview>>();
    for (let from = 0; from < webhookIds.length; from += READ_STEP) {
      if (from > 0) await nextTurn();
      const some = webhookIds.slice(from, from + READ_STEP).map(async (id) => {
        // An event file that cannot be used says so on its own page.
        const overviews = await events.targetOverviews(id).catch(() => null);
        if (overviews !== null) read.set(id, overviews);
      });
      await Promise.all(some);
    }
    return read;
  }

  async function describe(
    userId: string,
    found: readonly Problem[],
    names: ReadonlyMap<string, string>,
  ): Promise<readonly SeenProblem[]> {
    const open = found.filter(({ overAt, kind }) => overAt === null && PROBLEM_SUBJECTS[kind] === "target");
    const overviews = await readOverviews([...new Set(open.map(({ webhookId }) => webhookId))]);
    return found.map((problem) => {
      const { webhookId, subjectId } = problem;
      const access = findAccess(mainDb, { userId, webhookId });
      const overview = open.includes(problem) ? overviews.get(webhookId)?.get(subjectId) : undefined;
      return {
        ...problem,
        webhook: { id: webhookId, name: names.get(webhookId) ?? webhookId },
        mayRepair: access !== null && includesRole(access.role, REPAIRER),
        target: overview === undefined ? null : numbersOf(overview),
      };
    });
  }

  return {
    async list({ webhookId, state, cursor, limit, ...of }) {
      if (cursor !== null && !isId(cursor)) throw invalidCursor();
      const names = ownNames(of);
      if (webhookId !== null && !names.has(webhookId)) throw notFound("webhook");
      const webhookIds = webhookId === null ? [...names.keys()] : [webhookId];
      // One more tells whether there are any behind.
      const found = problems.list({ webhookIds, state, before: cursor, limit: limit + 1 });
      const shown = found.slice(0, limit);
      return {
        problems: await describe(of.userId, shown, names),
        nextCursor: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
      };
    },
    async acknowledge({ problemId, input, ...of }) {
      const { note } = validate({ schema: acknowledgeInput, value: input, what: "acknowledgement" });
      const names = ownNames(of);
      const problem = problems.find(problemId);
      if (problem === null || !names.has(problem.webhookId)) throw notFound("problem");
      requireRole(mainDb, { userId: of.userId, webhookId: problem.webhookId }, REPAIRER);
      if (problem.overAt !== null) throw isOver();
      const acknowledgement = { at: clock.now(), by: users.find(of.userId)?.username ?? of.userId, note };
      problems.acknowledge({ id: problem.id, ...acknowledgement });
      const [seen] = await describe(of.userId, [{ ...problem, acknowledgement }], names);
      if (seen === undefined) throw notFound("problem");
      return seen;
    },
    countUnacknowledged(userId) {
      let sum = 0;
      for (const [webhookId, count] of problems.countUnacknowledged()) {
        if (findAccess(mainDb, { userId, webhookId }) !== null) sum += count;
      }
      return sum;
    },
  };
}

function numbersOf({ counts, lastResult }: TargetOverview): NonNullable<SeenProblem["target"]> {
  return { waiting: counts.pending + counts.held, failed: counts.failed, lastResult };
}

function isOver(): AppError {
  return new AppError({
    kind: "conflict",
    code: "problem_over",
    message: "The problem is over. There is nothing to acknowledge.",
  });
}
