/** Use cases on webhooks: each comes with its event file and goes with it. */
import type { z } from "zod";
import { invalidCursor } from "../lib/errors.ts";
import { mergeGiven } from "../settings/setting-shapes.ts";
import {
  readWebhookSettings,
  toStoredWebhookSettings,
  type WebhookSettings,
  webhookSettingsSchema,
  webhookSettingsShape,
} from "../settings/webhook-settings.ts";
import type { WebhookRow } from "../storage/main-db/tables.ts";
import type { WebhookCursor } from "../storage/main-db/webhooks.ts";
import type { UseCaseDeps } from "./deps.ts";
import { externalIdTaken } from "./external-id.ts";
import { checkNoticeSettings } from "./notices/notice-settings.ts";
import {
  findAccess,
  highestRole,
  type InWebhook,
  includesRole,
  requireRole,
  type WebhookAccess,
  type WebhookRole,
} from "./people/roles.ts";
import { webhookChange, webhookInput } from "./schemas.ts";
import { validate } from "./validate.ts";

export type Webhook = Readonly<{
  id: string;
  /** The user for whom it was read. */
  userId: string;
  /** Role of that user, which says what the user may do with it. */
  role: WebhookRole;
  /** User to whom it belongs; others may have the role of an owner too. */
  ownerId: string;
  name: string;
  externalId: string | null;
  settings: WebhookSettings;
  /** When its event file was missing and an empty one was made; null: never, or its user knows. */
  eventsLostAt: number | null;
  /** By what a file of configuration names it; null: none does. */
  key: string | null;
  /** "file": the next `webhooker apply` brings it back to what its file says. */
  managedBy: "file" | null;
  createdAt: number;
  updatedAt: number;
}>;

type Asker = Readonly<{
  userId: string;
  /** The webhooks that an API key is limited to; null: all of the user's. */
  only?: readonly string[] | null;
}>;

const what = "webhook";

export function createWebhooksUseCases(deps: UseCaseDeps) {
  const { mainDb, eventFiles, clock, ids } = deps;
  const creating = new Map<string, Promise<Webhook>>();

  /** Checks what is given of settings, and returns it together with what is stored. Throws AppError invalid. */
  function settingsOf(
    asker: Asker & Readonly<{ ownerId: string }>,
    given: z.infer<typeof webhookChange>,
    stored: WebhookRow["settings"],
  ): WebhookRow["settings"] {
    const { notices } = given;
    const before = readWebhookSettings(stored).notices;
    if (notices) checkNoticeSettings(deps, { ...asker, settings: notices, before });
    return changedWebhookSettings(given, stored);
  }

  /** Throws AppError `conflict` if the owner has a webhook with that external id. */
  function requireFree({ userId, externalId }: { userId: string; externalId: string | null }): void {
    if (externalId === null) return;
    if (mainDb.webhooks.findIdByExternalId({ userId, externalId }) !== null) throw externalIdTaken();
  }

  function withRoles(userId: string, rows: readonly WebhookRow[]): Webhook[] {
    const roles = mainDb.members.listAllRoles(userId);
    return rows.map((row) => {
      const role = row.userId === userId ? "owner" : highestRole(roles.get(row.id) ?? []);
      return toWebhook(userId, { ...row, role: role ?? "viewer" });
    });
  }

  async function create({ userId, input }: { userId: string; input: unknown }): Promise<Webhook> {
    const wanted = validate({ schema: webhookInput, value: input, what });
    const settings = settingsOf({ userId, ownerId: userId }, wanted, null);
    const { external_id: externalId } = wanted;
    requireFree({ userId, externalId });
    const id = ids.newId();
    // First, so that a webhook that can be seen can also take events.
    await eventFiles.create(id);
    const now = clock.now();
    const row = {
      id,
      userId,
      name: wanted.name,
      settings,
      externalId,
      eventsLostAt: null,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
      key: null,
      managedBy: null,
    };
    try {
      // Another request may have taken it meanwhile.
      requireFree({ userId, externalId });
      mainDb.webhooks.insert(row);
    } catch (error) {
      await eventFiles.delete(id);
      throw error;
    }
    return toWebhook(userId, { ...row, role: "owner" });
  }

  return {
    /** Those that the user owns or is a member of. */
    async list({ userId }: { userId: string }): Promise<Webhook[]> {
      return withRoles(userId, mainDb.webhooks.list(userId));
    },
    /** At most `limit` of them, behind those of the page that gave `cursor`. Throws AppError invalid. */
    async listPage(
      wanted: Asker & { externalId?: string | null; cursor: string | null; limit: number },
    ): Promise<{ webhooks: Webhook[]; nextCursor: string | null }> {
      const { userId, only = null, externalId = null, cursor, limit } = wanted;
      const after = cursor === null ? null : readCursor(cursor);
      // One more tells whether there are any behind.
      const rows = mainDb.webhooks.listPage({ userId, only, externalId, after, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return { webhooks: withRoles(userId, shown), nextCursor: last === undefined ? null : cursorOf(last) };
    },
    /** Throws AppError `not_found` for strangers, and `forbidden` for a role that is not enough. */
    async get(of: InWebhook, need: WebhookRole = "viewer"): Promise<Webhook> {
      return toWebhook(of.userId, requireRole(mainDb, of, need));
    },
    /** For a portal link, which sees nothing of the settings. */
    async getForPortal(of: InWebhook): Promise<Pick<Webhook, "id" | "ownerId">> {
      const { id, userId: ownerId } = requireRole(mainDb, of, "editor", { portal: true });
      return { id, ownerId };
    },
    /** The id of a webhook that the user owns; null if none has that external id. */
    findByExternalId: (of: { userId: string; externalId: string }) => mainDb.webhooks.findIdByExternalId(of),
    /** Whether the user still has this role, for what goes on after it was checked. */
    hasRole(of: InWebhook, need: WebhookRole): boolean {
      const access = findAccess(mainDb, of);
      return access !== null && includesRole(access.role, need);
    },
    create,
    /** Returns the owner's webhook with that external id, and creates it if there is none. Throws AppError. */
    async getOrCreate(of: { userId: string; externalId: string }): Promise<string> {
      const { userId, externalId } = of;
      const known = mainDb.webhooks.findIdByExternalId(of);
      if (known !== null) return known;
      const key = `${userId} ${externalId}`;
      // Programs publish several first events of a customer at the same moment.
      const before = creating.get(key);
      if (before !== undefined) return (await before).id;
      const input = { name: externalId, external_id: externalId };
      const made = create({ userId, input }).finally(() => creating.delete(key));
      creating.set(key, made);
      return (await made).id;
    },
    async update({ input, ...of }: InWebhook & Asker & { input: unknown }): Promise<Webhook> {
      const { role, ...row } = requireRole(mainDb, of, "editor");
      const change = validate({ schema: webhookChange, value: input, what });
      const { external_id: externalId = row.externalId } = change;
      if (externalId !== row.externalId) requireFree({ userId: row.userId, externalId });
      const changed = {
        ...row,
        externalId,
        name: change.name ?? row.name,
        settings: settingsOf({ ...of, ownerId: row.userId }, change, row.settings),
        eventsLostAt: change.events_lost_at === undefined ? row.eventsLostAt : change.events_lost_at,
        updatedAt: clock.now(),
      };
      mainDb.webhooks.update(changed);
      return toWebhook(of.userId, { ...changed, role });
    },
    /** Its entrypoints, targets and events go with it. */
    async remove(of: InWebhook): Promise<void> {
      const { id } = requireRole(mainDb, of, "owner");
      mainDb.webhooks.softDelete({ id, at: clock.now() });
      // A power cut must not leave a webhook whose file is gone. The next start removes files that are left now.
      await mainDb.synced();
      await eventFiles.delete(id);
    },
  };
}

/** Returns the given settings over the stored ones; recipients of notices are not checked. Throws AppError invalid. */
export function changedWebhookSettings(
  given: Readonly<Record<string, unknown>>,
  stored: WebhookRow["settings"],
): WebhookRow["settings"] {
  const value = mergeGiven({ shape: webhookSettingsShape, given, stored: readWebhookSettings(stored) });
  return toStoredWebhookSettings(validate({ schema: webhookSettingsSchema, value, what }));
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

function toWebhook(userId: string, access: WebhookAccess): Webhook {
  const { deletedAt: _deletedAt, userId: ownerId, settings, ...webhook } = access;
  return { ...webhook, userId, ownerId, settings: readWebhookSettings(settings) };
}
