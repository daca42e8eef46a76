/** Brings what a user owns to what a file of configuration says, all of it or nothing; or only tells what it would do. */
import { AppError } from "../../lib/errors.ts";
import { createPause, nextTurn } from "../../lib/pauses.ts";
import { sqliteCode } from "../../storage/sqlite/sqlite.ts";
import type { UseCaseDeps } from "../deps.ts";
import { createTransformations } from "../transformations.ts";
import type { ConfigChange, Kept } from "./plan.ts";
import { createPlanner, type Planned } from "./planner.ts";
import { readConfigDocument } from "./read-document.ts";

/** Planning holds up everything else for no longer. */
const MAX_TURN_MS = 5;
/** They are one transaction, which holds up everything else: 1,000 take about 25 ms. */
const MAX_CHANGES = 1_000;

export type ApplyInput = Readonly<{
  userId: string;
  document: unknown;
  /** Only tells what it would do. */
  dryRun: boolean;
  /** Deletes what a file made or adopted and this one does not name. */
  prune: boolean;
  /** Refuses if anything of the user's has changed since; null: takes what there is. */
  expectedRevision: string | null;
  /** Throws if whoever asks may not change members. */
  requireMembers: () => void;
}>;

/** A plan's user, and the revision of the user's objects that it was made for. */
type Planning = Readonly<{ userId: string; revision: string }>;

export type Applied = Readonly<{
  /** Revision of the objects as they are now. */
  revision: string;
  changes: readonly ConfigChange[];
  kept: readonly Kept[];
  /** False: nothing was done, because it was not asked for or there is nothing to do. */
  applied: boolean;
  /** Targets whose settings changed. */
  changedTargets: readonly Readonly<{ webhookId: string; targetId: string }>[];
}>;

export function createApplyConfig(deps: UseCaseDeps) {
  const { mainDb, eventFiles, clock } = deps;
  const plan = createPlanner(deps);
  const transformations = createTransformations(deps);

  const revisionOf = (userId: string) => String(mainDb.configObjects.revisionOf(userId));

  async function check({ faults, checks }: Planned): Promise<void> {
    for (const { path, sent, of } of checks) {
      await faults.withinAsync(path, () => transformations.check(sent, of));
    }
    faults.refuse();
  }

  async function removeFiles(ids: readonly string[]): Promise<void> {
    for (const id of ids) await eventFiles.delete(id);
  }

  /**
   * Returns the revision afterwards. Event files are made first, so that a webhook that can be seen can also take events.
   */
  async function carryOut(
    { steps, newWebhookIds: ids }: Planned,
    { userId, revision }: Planning,
  ): Promise<string> {
    const { configObjects, together } = mainDb;
    let [reserved, applied] = [revision, revision];
    try {
      if (ids.length > 0) {
        together(() => {
          if (revisionOf(userId) !== revision) throw changedMeanwhile();
          configObjects.reserveWebhooks({ ids, userId, at: clock.now() });
          reserved = revisionOf(userId);
        });
        // Before the files, so that a power cut cannot leave a file without a row.
        await mainDb.synced();
        for (const id of ids) await eventFiles.create(id);
      }
      // The transaction has a turn of its own: neither the end of the plan nor the response is in it.
      await nextTurn();
      together(() => {
        if (revisionOf(userId) !== reserved) throw changedMeanwhile();
        for (const { act } of steps) act();
        applied = revisionOf(userId);
      });
      await nextTurn();
    } catch (error) {
      if (reserved !== revision) await withdraw(ids);
      // Another user took an entrypoint's id meanwhile.
      throw sqliteCode(error)?.startsWith("SQLITE_CONSTRAINT") ? changedMeanwhile() : error;
    }
    const gone = steps.flatMap(({ change: { kind, action, id } }) =>
      kind === "webhook" && action === "delete" ? [id] : [],
    );
    // A power cut must not leave a webhook whose file is gone. The next start removes files that are left now.
    if (gone.length > 0) await mainDb.synced();
    await removeFiles(gone);
    return applied;
  }

  /** The next start removes what is left of it. */
  async function withdraw(ids: readonly string[]): Promise<void> {
    await removeFiles(ids);
    mainDb.together(() => {
      for (const id of ids) mainDb.configObjects.dropReservedWebhook(id);
    });
  }

  return async (input: ApplyInput): Promise<Applied> => {
    const { userId, dryRun, prune, expectedRevision } = input;
    const pause = createPause({ ms: MAX_TURN_MS, monotonic: clock.monotonic });
    const document = await readConfigDocument(input.document, pause);
    const revision = revisionOf(userId);
    if (expectedRevision !== null && expectedRevision !== revision) throw changedMeanwhile();
    const isCurrent = () => revisionOf(userId) === revision;
    const planned = await plan({ userId, document, sent: input.document, prune, pause });
    await check(planned);
    if (!isCurrent()) throw changedMeanwhile();
    const changes = planned.steps.map(({ change }) => change);
    if (changes.length > MAX_CHANGES) throw tooMany(changes.length);
    if (changes.some(({ kind }) => kind === "member")) input.requireMembers();
    const applied = !dryRun && changes.length > 0;
    return {
      revision: applied ? await carryOut(planned, { userId, revision }) : revision,
      changes,
      kept: planned.kept,
      applied,
      changedTargets: applied ? planned.steps.flatMap(({ target }) => target ?? []) : [],
    };
  };
}

function tooMany(count: number): AppError {
  return new AppError({
    kind: "invalid",
    code: "too_many_changes",
    message: `These are ${count} changes, and one apply makes at most ${MAX_CHANGES}.`,
    hint: "Apply a file with a part of the webhooks first, without pruning.",
  });
}

function changedMeanwhile(): AppError {
  return new AppError({
    kind: "conflict",
    code: "revision_changed",
    message: "Your objects have changed since this was planned, so nothing was done.",
    hint: "Plan again, look at the changes, and apply them.",
  });
}
