/** Use cases on webhooks: each comes with its event file and goes with it. */
import type { z } from "zod";
import { invalidCursor, notFound } from "../lib/errors.ts";
import { mergeGiven } from "../settings/setting-shapes.ts";
import {
  readWebhookSettings,
  toStoredWebhookSettings,
  type WebhookSettings,
  webhookSettingsSchema,
  webhookSettingsShape,
} from "../settings/webhook-settings.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { WebhookRow } from "../storage/main-db/tables.ts";
import type { WebhookCursor } from "../storage/main-db/webhooks.ts";
import type { UseCaseDeps } from "./deps.ts";
import { checkNoticeSettings } from "./notices/notice-settings.ts";
import { webhookChange, webhookInput } from "./schemas.ts";
import { validate } from "./validate.ts";

export type Webhook = Readonly<{
  id: string;
  userId: string;
  name: string;
  settings: WebhookSettings;
  /** When its event file was missing and an empty one was made; null: never, or its user knows. */
  eventsLostAt: number | null;
  createdAt: number;
  updatedAt: number;
}>;

type Asker = Readonly<{
  userId: string;
  /** The webhooks that an API key is limited to; null: all of the user's. */
  only?: readonly string[] | null;
}>;

export type InWebhook = Readonly<{ userId: string; webhookId: string }>;

const what = "webhook";

/** The row of a webhook that is the user's; throws AppError not_found. */
export function getOwnWebhook(mainDb: MainDb, { userId, webhookId }: InWebhook): WebhookRow {
  const row = mainDb.webhooks.find(webhookId);
  if (row?.userId !== userId) throw notFound(what);
  return row;
}

export function createWebhooksUseCases(deps: UseCaseDeps) {
  const { mainDb, eventFiles, clock, ids } = deps;

  /** Checks what is given of settings, and returns it together with what is stored. Throws AppError invalid. */
  function settingsOf(
    asker: Asker,
    given: z.infer<typeof webhookChange>,
    stored: WebhookRow["settings"],
  ): WebhookRow["settings"] {
    const { notices } = given;
    if (notices) checkNoticeSettings(deps, { ...asker, settings: notices });
    const value = mergeGiven({ shape: webhookSettingsShape, given, stored: readWebhookSettings(stored) });
    return toStoredWebhookSettings(validate({ schema: webhookSettingsSchema, value, what }));
  }

  return {
    async list({ userId }: { userId: string }): Promise<Webhook[]> {
      return mainDb.webhooks.list(userId).map(toWebhook);
    },
    /** At most `limit` of them, behind those of the page that gave `cursor`. Throws AppError invalid. */
    async listPage(
      wanted: Asker & { cursor: string | null; limit: number },
    ): Promise<{ webhooks: Webhook[]; nextCursor: string | null }> {
      const { userId, only = null, cursor, limit } = wanted;
      const after = cursor === null ? null : readCursor(cursor);
      // One more tells whether there are any behind.
      const rows = mainDb.webhooks.listPage({ userId, only, after, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return { webhooks: shown.map(toWebhook), nextCursor: last === undefined ? null : cursorOf(last) };
    },
    async get(of: InWebhook): Promise<Webhook> {
      return toWebhook(getOwnWebhook(mainDb, of));
    },
    async create({ userId, input }: { userId: string; input: unknown }): Promise<Webhook> {
      const wanted = validate({ schema: webhookInput, value: input, what });
      const settings = settingsOf({ userId }, wanted, null);
      const id = ids.newId();
      // First, so that a webhook that can be seen can also take events.
      await eventFiles.create(id);
      const now = clock.now();
      const row = {
        id,
        userId,
        name: wanted.name,
        settings,
        eventsLostAt: null,
        createdAt: now,
        updatedAt: now,
        deletedAt: null,
      };
      try {
        mainDb.webhooks.insert(row);
      } catch (error) {
        await eventFiles.delete(id);
        throw error;
      }
      return toWebhook(row);
    },
    async update({ input, ...of }: InWebhook & Asker & { input: unknown }): Promise<Webhook> {
      const row = getOwnWebhook(mainDb, of);
      const change = validate({ schema: webhookChange, value: input, what });
      const changed = {
        ...row,
        name: change.name ?? row.name,
        settings: settingsOf(of, change, row.settings),
        eventsLostAt: change.events_lost_at === undefined ? row.eventsLostAt : change.events_lost_at,
        updatedAt: clock.now(),
      };
      mainDb.webhooks.update(changed);
      return toWebhook(changed);
    },
    /** Its entrypoints, targets and events go with it. */
    async remove(of: InWebhook): Promise<void> {
      const { id } = getOwnWebhook(mainDb, of);
      mainDb.webhooks.softDelete({ id, at: clock.now() });
      // A power cut must not leave a webhook whose file is gone. What is not removed now is at the next start.
      await mainDb.synced();
      await eventFiles.delete(id);
    },
  };
}

const CURSOR = /^(\d{1,15})_([0-9a-f-]{36})$/;

function cursorOf({ createdAt, id }: WebhookCursor): string {
  return `${createdAt}_${id}`;
}

function readCursor(cursor: string): WebhookCursor {
  const [, createdAt, id] = CURSOR.exec(cursor) ?? [];
  if (createdAt === undefined || id === undefined) throw invalidCursor();
  return { createdAt: Number(createdAt), id };
}

function toWebhook({ deletedAt: _deletedAt, settings, ...webhook }: WebhookRow): Webhook {
  return { ...webhook, settings: readWebhookSettings(settings) };
}
