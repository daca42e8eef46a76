/** Use cases on the entrypoints of the user's webhooks. */

import { notFound } from "../lib/errors.ts";
import { type EntrypointSettings, readSettings } from "../settings/entrypoint-settings.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { EntrypointRow } from "../storage/main-db/tables.ts";
import type { UseCaseDeps } from "./deps.ts";
import type { Verification } from "./entrypoint-verification.ts";
import { type InWebhook, includesRole, requireRole, type WebhookRole } from "./people/roles.ts";
import { createEntrypointRows, newEntrypointRow } from "./rows/entrypoint-rows.ts";
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
  /** By what a file of configuration names it; null: none does. */
  key: string | null;
  /** "file": the next `webhooker apply` brings it back to what its file says. */
  managedBy: "file" | null;
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
  const rows = createEntrypointRows({ providers, keys });

  const getRow = (of: InEntrypoint, need: WebhookRole) => getEntrypoint(mainDb, of, need);

  function store(row: EntrypointRow): Entrypoint {
    const changed = { ...row, updatedAt: clock.now() };
    mainDb.entrypoints.update(changed);
    return toEntrypoint(changed);
  }

  function toEntrypoint(
    row: EntrypointRow,
    { role }: { role: WebhookRole } = { role: "editor" },
  ): Entrypoint {
    const { id, webhookId, name, active, key, managedBy, createdAt, updatedAt } = row;
    const verification = rows.verifications.toShown(row);
    const settings = readSettings(row.settings);
    const showsUrl = includesRole(role, "editor");
    const shown = { id, webhookId, name, active, verification, settings, showsUrl };
    return { ...shown, key, managedBy, createdAt, updatedAt };
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
      const blank = newEntrypointRow({ id: ids.newUnguessableId(), webhookId, at: clock.now() });
      const row = rows.changed(blank, values);
      mainDb.entrypoints.insert(row);
      return toEntrypoint(row);
    },
    /** Replaces a `config` as a whole, except for secrets that are left out or sent back as "[secret]". */
    async update({ input, ...of }: InEntrypoint & { input: unknown }): Promise<Entrypoint> {
      const row = getRow(of, "editor");
      return store(rows.changed(row, validate({ schema: entrypointChange, value: input, what })));
    },
    async remove(of: InEntrypoint): Promise<void> {
      const { id, webhookId } = getRow(of, "editor");
      mainDb.entrypoints.softDelete({ id, webhookId, at: clock.now() });
    },
    async setActive({ active, ...of }: InEntrypoint & { active: boolean }): Promise<Entrypoint> {
      return store({ ...getRow(of, "editor"), active });
    },
  };
}
