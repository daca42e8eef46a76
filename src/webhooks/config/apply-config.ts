/** Brings a user's webhooks to what a file of configuration says, all of it or nothing; or only tells what it would do. */
import { AppError } from "../../lib/errors.ts";
import { sqliteCode } from "../../storage/sqlite/sqlite.ts";
import type { UseCaseDeps } from "../deps.ts";
import { createTransformations } from "../transformations.ts";
import { readConfigDocument } from "./document.ts";
import type { ConfigChange, Kept } from "./plan.ts";
import { createPlanner, type Planned } from "./planner.ts";

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

export type Applied = Readonly<{
  /** Of the objects as they are now. */
  revision: string;
  changes: readonly ConfigChange[];
  kept: readonly Kept[];
  /** False: nothing was done, because it was not asked for or there is nothing to do. */
  applied: boolean;
  /** Targets whose settings changed. */
  changedTargets: readonly Readonly<{ webhookId: string; targetId: string }>[];
}>;

export function createApplyConfig(deps: UseCaseDeps) {
  const { mainDb, eventFiles } = deps;
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

  /** Event files are made first, so that a webhook that can be seen can also take events. */
  async function carryOut({ steps, newWebhookIds }: Planned, isCurrent: () => boolean): Promise<void> {
    const made: string[] = [];
    try {
      for (const id of newWebhookIds) {
        await eventFiles.create(id);
        made.push(id);
      }
      mainDb.together(() => {
        if (!isCurrent()) throw changedMeanwhile();
        for (const { act } of steps) act();
      });
    } catch (error) {
      await removeFiles(made);
      // Another user took an entrypoint's id meanwhile.
      throw sqliteCode(error)?.startsWith("SQLITE_CONSTRAINT") ? changedMeanwhile() : error;
    }
    const gone = steps.flatMap(({ change: { kind, action, id } }) =>
      kind === "webhook" && action === "delete" ? [id] : [],
    );
    if (gone.length === 0) return;
    // A power cut must not leave a webhook whose file is gone. What is not removed now is at the next start.
    await mainDb.synced();
    await removeFiles(gone);
  }

  return async (input: ApplyInput): Promise<Applied> => {
    const { userId, dryRun, prune, expectedRevision } = input;
    const document = readConfigDocument(input.document);
    const revision = revisionOf(userId);
    if (expectedRevision !== null && expectedRevision !== revision) throw changedMeanwhile();
    const planned = plan({ userId, document, sent: input.document, prune });
    await check(planned);
    const changes = planned.steps.map(({ change }) => change);
    if (changes.some(({ kind }) => kind === "member")) input.requireMembers();
    const applied = !dryRun && changes.length > 0;
    if (applied) await carryOut(planned, () => revisionOf(userId) === revision);
    return {
      revision: dryRun ? revision : revisionOf(userId),
      changes,
      kept: planned.kept,
      applied,
      changedTargets: applied ? planned.steps.flatMap(({ target }) => target ?? []) : [],
    };
  };
}

function changedMeanwhile(): AppError {
  return new AppError({
    kind: "conflict",
    code: "revision_changed",
    message: "Your webhooks have changed since this was planned, so nothing was done.",
    hint: "Plan again, look at the changes, and apply them.",
  });
}
