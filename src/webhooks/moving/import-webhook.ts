/** Imports a webhook that this or another server exported: a new webhook of the user's, with its events. */
import { AppError } from "../../lib/errors.ts";
import { newId, newUnguessableId } from "../../lib/ids.ts";
import type { Sealer } from "../../lib/sealed-config.ts";
import type { MovedTable, PlainRow } from "../../storage/main-db/moving.ts";
import type { IdChanges } from "../../storage/moving/webhook-file.ts";
import { sqliteCode } from "../../storage/sqlite.ts";
import { type MovedDocument, parseDocument } from "./document.ts";
import type { MovingDeps } from "./export-webhook.ts";
import { keysOfPassphrase, putSecret } from "./secrets.ts";

export type Imported = Readonly<{
  webhookId: string;
  /** What is not as it was, and what can be done about it: sentences for people. */
  notes: readonly string[];
}>;

/**
 * The file at `path` becomes the webhook's event file, or is left for the caller to discard. `passphrase` null:
 * secrets are left out. Throws AppError: invalid, conflict, unavailable.
 */
export type ImportWebhook = (options: {
  userId: string;
  path: string;
  passphrase: string | null;
  withoutSecrets: boolean;
}) => Promise<Imported>;

const WITHOUT_SECRETS = "It was imported without its secrets. Enter them, then activate it.";
const NOT_TWICE = "It was imported, and nothing is to be delivered twice. Activate it when it may be.";

type Row = Record<string, string | number | null>;

export function createImport(
  deps: MovingDeps &
    Readonly<{
      /** Shows everything of the webhook as pages and API do; throws where a row cannot be shown. */
      show: (of: { userId: string; webhookId: string }) => Promise<unknown>;
      removeFile: (webhookId: string) => Promise<void>;
      /** Its events may be of any age, and its deliveries due. */
      onImported: (webhookId: string) => void;
    }>,
): ImportWebhook {
  const { mainDb, files, keys, show, removeFile, onImported } = deps;

  function chooseIds(document: MovedDocument, strayIds: readonly string[], userId: string): IdChanges {
    const changes: Record<string, string> = {};
    const choose = (table: MovedTable, { id }: { id: string }, another: () => string) => {
      const state = mainDb.moving.stateOfId(table, id, userId);
      // Only an entrypoint's id is known to others: its URL goes on.
      const isKept = state === "free" || (state === "reclaimable" && table === "entrypoints");
      if (!isKept) changes[id] = another();
    };
    choose("webhooks", document.webhook, newId);
    for (const row of document.entrypoints) choose("entrypoints", row, newUnguessableId);
    for (const row of document.targets) choose("targets", row, newId);
    // Of deleted targets, if not of others' that are here: nothing may be delivered to those.
    for (const id of strayIds) if (changes[id] === undefined) choose("targets", { id }, newId);
    return changes;
  }

  async function passphraseKeysOf(
    document: MovedDocument,
    { passphrase, withoutSecrets }: { passphrase: string | null; withoutSecrets: boolean },
  ): Promise<Sealer | null> {
    if (document.passphrase === null || withoutSecrets) return null;
    if (passphrase === null) throw passphraseMissing();
    return keysOfPassphrase(passphrase, document.passphrase.salt);
  }

  return async ({ userId, path, ...secretsWish }) => {
    const content = await files.read(path);
    const document = parseDocument(content.document, mainDb.moving.schemaVersion());
    const passphraseKeys = await passphraseKeysOf(document, secretsWish);
    const ids = chooseIds(document, content.targetIds, userId);
    const idOf = (id: string) => ids[id] ?? id;
    const webhookId = idOf(document.webhook.id);
    const moved = (row: PlainRow): Row => ({ ...withIds(row, ids), webhook_id: webhookId, deleted_at: null });
    const parts = {
      entrypoints: document.entrypoints.map(moved),
      targets: document.targets.map(moved),
    };
    const incomplete = new Set<string>();
    for (const secret of document.secrets) {
      const id = idOf(secret.id);
      const row = parts[secret.table].find((each) => each.id === id);
      if (!row) continue;
      if (passphraseKeys && secret.sealed !== null) putSecret({ row, secret, passphraseKeys, keys, id });
      else incomplete.add(id);
    }
    const isComplete = passphraseKeys !== null;
    for (const row of parts.targets) {
      const reason = incomplete.has(String(row.id)) ? WITHOUT_SECRETS : isComplete ? null : NOT_TWICE;
      if (reason !== null) Object.assign(row, { active: 0, deactivated_reason: reason });
    }
    // Entrypoints stay as they were: one that cannot verify answers 503, and its sender comes again.
    const webhook: Row = { ...withIds(document.webhook, ids), user_id: userId, deleted_at: null };

    // The file first, so that a webhook that can be seen can also take events.
    await files.adopt({ path, webhookId, ids });
    try {
      mainDb.moving.insert(webhookId, { webhooks: [webhook], ...parts });
      await show({ userId, webhookId });
    } catch (cause) {
      mainDb.moving.remove(webhookId);
      await removeFile(webhookId);
      const code = sqliteCode(cause);
      // A full disk says nothing of the rows.
      throw code === null || code.startsWith("SQLITE_CONSTRAINT") ? unfitRows(cause) : cause;
    }
    // Nothing may be delivered that a power cut would have imported, and delivered, once more.
    await mainDb.synced();
    onImported(webhookId);
    return { webhookId, notes: describe({ document, ids, isComplete, incomplete }) };
  };
}

const ANY_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Ids stand in columns of their own, and in settings that name other parts. */
function withIds(row: PlainRow, ids: IdChanges): Row {
  const changed: Row = { ...row };
  for (const [column, value] of Object.entries(row)) {
    if (typeof value === "string") changed[column] = value.replace(ANY_ID, (id) => ids[id] ?? id);
  }
  return changed;
}

function describe(done: {
  document: MovedDocument;
  ids: IdChanges;
  isComplete: boolean;
  incomplete: ReadonlySet<string>;
}): string[] {
  const { document, ids, isComplete, incomplete } = done;
  const notes: string[] = [];
  const lacks = (id: string) => incomplete.has(ids[id] ?? id);
  for (const { id, name } of document.entrypoints) {
    if (ids[id] !== undefined)
      notes.push(`Entrypoint ${name}: its URL was taken, it has a new one. Tell its sender.`);
    if (lacks(id))
      notes.push(`Entrypoint ${name} answers 503 until its secrets, which were left out, are entered anew.`);
  }
  for (const { id, name } of document.targets) {
    if (lacks(id)) notes.push(`Target ${name} is inactive. ${WITHOUT_SECRETS}`);
    else if (!isComplete) notes.push(`Target ${name} is inactive. ${NOT_TWICE}`);
  }
  return notes;
}

function passphraseMissing(): AppError {
  return new AppError({
    kind: "invalid",
    code: "passphrase_missing",
    message: "This file holds secrets, which need the passphrase that it was exported with.",
    hint: "Give the passphrase, or import it without its secrets.",
  });
}

function unfitRows(cause: unknown): AppError {
  return new AppError({
    kind: "invalid",
    code: "not_an_export",
    message: "This file describes a webhook that cannot be.",
    hint: "Export it again; a file that was changed by hand may not fit.",
    cause,
  });
}
