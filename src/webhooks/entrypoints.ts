/** Use cases on the entrypoints of the user's webhooks. */

import { notFound } from "../lib/errors.ts";
import {
  type EntrypointSettings,
  entrypointSettingsSchema,
  mergeSettings,
  readSettings,
  storedSettings,
} from "../settings/entrypoint-settings.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { EntrypointRow } from "../storage/main-db/tables.ts";
import type { UseCaseDeps } from "./deps.ts";
import { createVerifications, type Verification } from "./entrypoint-verification.ts";
import { type InWebhook, includesRole, requireRole, type WebhookRole } from "./people/roles.ts";
import { entrypointChange, entrypointInput } from "./schemas.ts";
import { validate } from "./validate.ts";

export type Entrypoint = Readonly<{
  id: string;
  webhookId: string;
  name: string;
  active: boolean;
  /** Null: anyone who knows the URL can send. */
  verification: Verification | null;
  settings: EntrypointSettings;
  /** False: the user's role does not show the URL, by which anybody could send events. */
  showsUrl: boolean;
  createdAt: number;
  updatedAt: number;
}>;

export type InEntrypoint = InWebhook & Readonly<{ entrypointId: string }>;

const what = "entrypoint";

/** Returns an entrypoint's row. Throws AppError `not_found` or `forbidden`, as the gate to its webhook does. */
export function getEntrypoint(mainDb: MainDb, of: InEntrypoint, need: WebhookRole): EntrypointRow {
  const { id: webhookId } = requireRole(mainDb, of, need);
  const row = mainDb.entrypoints.find({ id: of.entrypointId, webhookId });
  if (!row) throw notFound(what);
  return row;
}

export function createEntrypointUseCases({ mainDb, providers, keys, clock, ids }: UseCaseDeps) {
  const verifications = createVerifications({ providers, keys });

  const getRow = (of: InEntrypoint, need: WebhookRole) => getEntrypoint(mainDb, of, need);

  function change(
    row: EntrypointRow,
    values: Partial<Pick<EntrypointRow, "name" | "active" | "verification" | "settings">>,
  ): Entrypoint {
    const changed = { ...row, ...values, updatedAt: clock.now() };
    mainDb.entrypoints.update(changed);
    return toEntrypoint(changed);
  }

  function toEntrypoint(
    row: EntrypointRow,
    { role }: { role: WebhookRole } = { role: "editor" },
  ): Entrypoint {
    const { id, webhookId, name, active, createdAt, updatedAt } = row;
    const verification = verifications.toShown(row);
    const settings = readSettings(row.settings);
    const showsUrl = includesRole(role, "editor");
    return { id, webhookId, name, active, verification, settings, showsUrl, createdAt, updatedAt };
  }

  /** Validates sent settings merged with the stored ones. Throws AppError `invalid`. */
  function settingsOf(sent: Readonly<Record<string, unknown>>, stored: EntrypointRow["settings"]) {
    const merged = mergeSettings(sent, stored);
    return storedSettings(validate({ schema: entrypointSettingsSchema, value: merged, what }));
  }

  return {
    /** Returns the row as the API and pages show it. */
    present: (row: EntrypointRow): Entrypoint => toEntrypoint(row),
    async list(of: InWebhook): Promise<Entrypoint[]> {
      const access = requireRole(mainDb, of, "viewer");
      return mainDb.entrypoints.list(access.id).map((row) => toEntrypoint(row, access));
    },
    async get(of: InEntrypoint, need: WebhookRole = "viewer"): Promise<Entrypoint> {
      return toEntrypoint(getRow(of, need), requireRole(mainDb, of, need));
    },
    async create({ input, ...of }: InWebhook & { input: unknown }): Promise<Entrypoint> {
      const { id: webhookId } = requireRole(mainDb, of, "editor");
      const values = validate({ schema: entrypointInput, value: input, what });
      const { name = "Entrypoint", active = true, verification: sent } = values;
      const now = clock.now();
      const id = ids.newUnguessableId();
      const row = {
        id,
        webhookId,
        name,
        active,
        verification: sent ? verifications.toStored({ id, sent, before: null }) : null,
        settings: settingsOf(values, null),
        createdAt: now,
        updatedAt: now,
        deletedAt: null,
      };
      mainDb.entrypoints.insert(row);
      return toEntrypoint(row);
    },
    /** Replaces a `config` as a whole, except for secrets that are left out or sent back as "[secret]". */
    async update({ input, ...of }: InEntrypoint & { input: unknown }): Promise<Entrypoint> {
      const row = getRow(of, "editor");
      const values = validate({ schema: entrypointChange, value: input, what });
      const { verification: sent } = values;
      const { id, verification: before } = row;
      const verification = sent ? verifications.toStored({ id, sent, before }) : null;
      return change(row, {
        name: values.name ?? row.name,
        active: values.active ?? row.active,
        verification: sent === undefined ? before : verification,
        settings: settingsOf(values, row.settings),
      });
    },
    async remove(of: InEntrypoint): Promise<void> {
      const { id, webhookId } = getRow(of, "editor");
      mainDb.entrypoints.softDelete({ id, webhookId, at: clock.now() });
    },
    async setActive({ active, ...of }: InEntrypoint & { active: boolean }): Promise<Entrypoint> {
      return change(getRow(of, "editor"), { active });
    },
  };
}
