/** Use cases on webhooks: each comes with its event file and goes with it. */
import { invalidCursor, notFound } from "../lib/errors.ts";
import { type NoticeSettings, readNoticeSettings } from "../storage/main-db/notice-settings.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { WebhookRow } from "../storage/main-db/tables.ts";
import type { WebhookCursor } from "../storage/main-db/webhooks.ts";
import type { UseCaseDeps } from "./deps.ts";
import { checkNoticeSettings } from "./notice-settings.ts";
import { webhookChange, webhookInput } from "./schemas.ts";
import { validate } from "./validate.ts";

export type Webhook = Readonly<{
  id: string;
  userId: string;
  name: string;
  /** Null: the server's default. */
  retentionDays: number | null;
  /** Null: no limit. */
  retentionBytes: number | null;
  /** Null: nobody is told of troubles. */
  notices: NoticeSettings | null;
  /** When its event file was missing and an empty one was made; null: never, or its user knows. */
  eventsLostAt: number | null;
  createdAt: number;
  updatedAt: number;
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

  /** What is to be stored; throws AppError invalid. */
  function readNotices(userId: string, settings: NoticeSettings | null): WebhookRow["notices"] {
    if (settings !== null) checkNoticeSettings(deps, { userId, settings });
    return settings;
  }

  return {
    async list({ userId }: { userId: string }): Promise<Webhook[]> {
      return mainDb.webhooks.list(userId).map(toWebhook);
    },
    /** At most `limit` of them, behind those of the page that gave `cursor`. Throws AppError invalid. */
    async listPage(wanted: {
      userId: string;
      cursor: string | null;
      limit: number;
    }): Promise<{ webhooks: Webhook[]; nextCursor: string | null }> {
      const { userId, cursor, limit } = wanted;
      const after = cursor === null ? null : readCursor(cursor);
      // One more tells whether there are any behind.
      const rows = mainDb.webhooks.listPage({ userId, after, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return { webhooks: shown.map(toWebhook), nextCursor: last === undefined ? null : cursorOf(last) };
    },
    async get(of: InWebhook): Promise<Webhook> {
      return toWebhook(getOwnWebhook(mainDb, of));
    },
    async create({ userId, input }: { userId: string; input: unknown }): Promise<Webhook> {
      const wanted = validate({ schema: webhookInput, value: input, what });
      const notices = readNotices(userId, wanted.notices ?? null);
      const id = ids.newId();
      // First, so that a webhook that can be seen can also take events.
      await eventFiles.create(id);
      const now = clock.now();
      const row = {
        ...{ id, userId, name: wanted.name, createdAt: now, updatedAt: now, deletedAt: null },
        retentionDays: wanted.retention_days ?? null,
        retentionBytes: wanted.retention_bytes ?? null,
        notices,
        eventsLostAt: null,
      };
      try {
        mainDb.webhooks.insert(row);
      } catch (error) {
        await eventFiles.delete(id);
        throw error;
      }
      return toWebhook(row);
    },
    async update({ input, ...of }: InWebhook & { input: unknown }): Promise<Webhook> {
      const row = getOwnWebhook(mainDb, of);
      const change = validate({ schema: webhookChange, value: input, what });
      const changed = {
        ...row,
        name: change.name ?? row.name,
        retentionDays: change.retention_days === undefined ? row.retentionDays : change.retention_days,
        retentionBytes: change.retention_bytes === undefined ? row.retentionBytes : change.retention_bytes,
        eventsLostAt: change.events_lost_at === undefined ? row.eventsLostAt : change.events_lost_at,
        notices: change.notices === undefined ? row.notices : readNotices(of.userId, change.notices),
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

function toWebhook({ deletedAt: _deletedAt, notices, ...webhook }: WebhookRow): Webhook {
  return { ...webhook, notices: readNoticeSettings(notices) };
}
