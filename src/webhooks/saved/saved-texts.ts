/** Use cases on what a user saves under a name for a webhook: each user has their own for each webhook. */
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { SavedText, SavedTextQueries } from "../../storage/main-db/saved-texts.ts";
import { type InWebhook, requireRole, type WebhookRole } from "../people/roles.ts";
import { validate } from "../validate.ts";

/** All are shown on one page. */
const MOST_SAVED = 20;

export const savedName = z.string().trim().min(1, "is empty").max(60, "is longer than 60 characters");

export type SavedDeps = Readonly<{
  mainDb: Pick<MainDb, "savedFilters" | "savedQueries" | "webhooks" | "members">;
  clock: Pick<Clock, "now">;
  newId: () => string;
}>;

export function createSavedTexts<Field extends string>(
  { mainDb, clock, newId }: SavedDeps,
  kind: Readonly<{
    queries: SavedTextQueries<SavedText<Field>>;
    /** Who may have some. */
    role: WebhookRole;
    /** Name of the field that is saved, in `input` and in what was saved. */
    field: Field;
    input: z.ZodType<Readonly<{ name: string } & Record<Field, string>>>;
    /** For messages: one, and several. */
    what: string;
    many: string;
  }>,
) {
  const { queries, role, field, what } = kind;

  function keyOf(of: InWebhook) {
    return { userId: of.userId, webhookId: requireRole(mainDb, of, role).id };
  }

  return {
    async list(of: InWebhook): Promise<readonly SavedText<Field>[]> {
      return queries.list(keyOf(of));
    },
    /** Replaces the one of the same name. Throws AppError `invalid` or `conflict`. */
    async save({ input, ...of }: InWebhook & Readonly<{ input: unknown }>): Promise<void> {
      const key = keyOf(of);
      const values = validate({ schema: kind.input, value: input, what });
      const others = queries.list(key).filter(({ name }) => name !== values.name);
      if (others.length >= MOST_SAVED) throw tooMany(kind.many);
      queries.save({ ...key, id: newId(), name: values.name, text: values[field], at: clock.now() });
    },
    async remove({ id, ...of }: InWebhook & Readonly<{ id: string }>): Promise<void> {
      if (!queries.remove({ ...keyOf(of), id })) throw notFound(what);
    },
  };
}

function tooMany(many: string): AppError {
  return new AppError({
    kind: "conflict",
    message: `Not more than ${MOST_SAVED} ${many} can be saved for a webhook.`,
    hint: "Delete one first.",
  });
}
