/** Reads what is to be tried on a target's stored events: the settings given, and the saved ones for those left out. */
import type { z } from "zod";
import type { Wants } from "../../filters/target-filter.ts";
import { notFound } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { TargetRow } from "../../storage/main-db/tables.ts";
import { readPolicy } from "../../targets/delivery-policy.ts";
import { wantsOf } from "../../targets/filter-policy.ts";
import { type InWebhook, requireRole } from "../people/roles.ts";
import { filterTrialInput } from "../schemas.ts";
import { validate } from "../validate.ts";

export type TrialOptions = InWebhook &
  Readonly<{ targetId: string; input: unknown; signal?: AbortSignal | undefined }>;

type Trial = Readonly<{
  webhookId: string;
  row: TargetRow;
  given: z.output<typeof filterTrialInput>;
  /** Event types and filter as they are in use, and as they are to be tried. */
  saved: Wants;
  proposed: Wants;
}>;

/** Throws AppError `not_found` or `invalid`. */
export function readTrial(mainDb: MainDb, { input, targetId, ...of }: TrialOptions): Trial {
  const { id: webhookId } = requireRole(mainDb, of, "editor");
  const row = mainDb.targets.find({ id: targetId, webhookId });
  if (row === null) throw notFound("target");
  const given = validate({ schema: filterTrialInput, value: input, what: "trial" });
  const saved = wantsOf(readPolicy(row.policy));
  const proposed = {
    eventTypes: given.event_types ?? saved.eventTypes,
    filter: given.filter === undefined ? saved.filter : given.filter,
  };
  return { webhookId, row, given, saved, proposed };
}
