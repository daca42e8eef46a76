/** Imports an exported webhook with its events as a new webhook of the user. */
import { AppError } from "../../lib/errors.ts";
import type { Sealer } from "../../settings/sealed-config.ts";
import { sqliteCode } from "../../storage/sqlite/sqlite.ts";
import { type ChosenIds, chooseIds, NO_CHANGES } from "./chosen-ids.ts";
import { parseDocument, type TransferDocument } from "./document.ts";
import type { TransferDeps } from "./export-webhook.ts";
import { makeRows, NOT_TWICE, WITHOUT_SECRETS } from "./make-rows.ts";
import type { CheckRows, LeftOut } from "./moved-rows.ts";
import { keysOfPassphrase } from "./secrets.ts";
import { unfitRows } from "./unfit-rows.ts";

export type Imported = Readonly<{
  webhookId: string;
  /** Sentences for the user about what differs from the original, and what to do about it. */
  notes: readonly string[];
}>;

/**
 * Turns the file at `path` into the webhook's event file, or leaves it for the caller to discard. `passphrase` null:
 * secrets are left out. Throws AppError `invalid`, `conflict` or `unavailable`.
 */
export type ImportWebhook = (options: {
  userId: string;
  path: string;
  passphrase: string | null;
  withoutSecrets: boolean;
}) => Promise<Imported>;

export function createImport(
  deps: TransferDeps &
    Readonly<{
      checkRows: CheckRows;
      removeFile: (webhookId: string) => Promise<void>;
      /** Resolves once the file is also at another node of the cluster; rejects if it cannot be. */
      spread: (webhookId: string) => Promise<void>;
      /** Called after an import: the events may be of any age, and deliveries may be due. */
      onImported: (webhookId: string) => void;
    }>,
): ImportWebhook {
  const { mainDb, files, keys, clock, checkRows, removeFile, spread, onImported } = deps;

  async function passphraseKeysOf(
    document: TransferDocument,
    { passphrase, withoutSecrets }: { passphrase: string | null; withoutSecrets: boolean },
  ): Promise<Sealer | null> {
    if (document.passphrase === null || withoutSecrets) return null;
    if (passphrase === null) throw passphraseMissing();
    return keysOfPassphrase(passphrase, document.passphrase.salt);
  }

  /** Inserts the rows hidden, which reserves the webhook's ids. */
  function reserve(given: { document: TransferDocument; userId: string; passphraseKeys: Sealer | null }) {
    const { document, userId, passphraseKeys } = given;
    const isOwnTarget = (targetId: string) => {
      const target = mainDb.routing.findTarget(targetId);
      return target?.deleted === false && mainDb.webhooks.find(target.webhookId)?.userId === userId;
    };
    let ids = NO_CHANGES;
    let leftOut: LeftOut = new Map();
    const isTaken = (externalId: string) =>
      mainDb.webhooks.findIdByExternalId({ userId, externalId }) !== null;
    const webhookId = mainDb.transfer.reserve(
      (stateOfId) => {
        ids = chooseIds({ document, userId, stateOfId, hasFile: files.isTaken });
        const made = makeRows({ document, ids, userId, keys, passphraseKeys, isOwnTarget, isTaken });
        leftOut = made.leftOut;
        return { ...made.rows, webhookId: ids.all[document.webhook.id] ?? document.webhook.id };
      },
      (id) => checkRows(id, leftOut),
      clock.now(),
    );
    return { webhookId, ids, leftOut };
  }

  /** Undoes this import; anything left is removed at the next start. */
  async function undo(webhookId: string, made: { hasFile: boolean; ids: ChosenIds }): Promise<void> {
    try {
      mainDb.transfer.withdraw(webhookId, made.ids.reclaimed, clock.now());
      if (made.hasFile) await removeFile(webhookId);
    } catch {
      // The disk is full, which is already logged.
    }
  }

  return async ({ userId, path, ...secretsWish }) => {
    const document = parseDocument(await files.read(path), mainDb.transfer.schemaVersion());
    const passphraseKeys = await passphraseKeysOf(document, secretsWish);
    const { webhookId, ids, leftOut } = orUnfit(() => reserve({ document, userId, passphraseKeys }));
    let hasFile = false;
    try {
      // Before the file, so that a power cut cannot leave a file without a row.
      await mainDb.synced();
      await files.adopt({ path, webhookId, ids });
      hasFile = true;
      await spread(webhookId);
      // After the file, so that a visible webhook can store events.
      mainDb.transfer.reveal(webhookId);
    } catch (error) {
      await undo(webhookId, { hasFile, ids });
      throw error;
    }
    // Synced before deliveries start, so that nothing is delivered whose import a power cut could undo.
    await mainDb.synced();
    onImported(webhookId);
    return {
      webhookId,
      notes: describe({
        document,
        ids,
        isComplete: passphraseKeys !== null,
        leftOut,
        hasExternalId: mainDb.webhooks.find(webhookId)?.externalId !== null,
      }),
    };
  };
}

function orUnfit<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    // A value that the table rejects, such as text for a number.
    const isRow = /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(sqliteCode(cause) ?? "");
    throw isRow ? unfitRows("a row does not fit its table", undefined, cause) : cause;
  }
}

function describe(done: {
  document: TransferDocument;
  ids: ChosenIds;
  isComplete: boolean;
  leftOut: LeftOut;
  hasExternalId: boolean;
}): string[] {
  const { document, ids, isComplete, leftOut, hasExternalId } = done;
  const notes: string[] = [];
  if (!hasExternalId && (document.webhook.external_id ?? null) !== null)
    notes.push("Its external id was left out, because you have a webhook with it.");
  const lacks = (id: string) => leftOut.has(ids.all[id] ?? id);
  for (const { id, name } of document.entrypoints) {
    if (ids.all[id] !== undefined)
      notes.push(`Entrypoint ${name}: its URL was taken, so it has a new one. Give it to the sender.`);
    if (lacks(id))
      notes.push(`Entrypoint ${name} responds 503 until you enter its secrets, which were left out.`);
  }
  for (const { id, name } of document.targets) {
    if (lacks(id)) notes.push(`Target ${name} is disabled. ${WITHOUT_SECRETS}`);
    else if (!isComplete) notes.push(`Target ${name} is disabled. ${NOT_TWICE}`);
  }
  return notes;
}

function passphraseMissing(): AppError {
  return new AppError({
    kind: "invalid",
    code: "passphrase_missing",
    message: "This file contains secrets, which need the passphrase of the export.",
    hint: "Enter the passphrase, or import the file without its secrets.",
  });
}
