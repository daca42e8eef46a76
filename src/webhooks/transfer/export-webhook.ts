/** Exports a webhook as a file that this or another server can import. */
import type { Clock } from "../../lib/clock.ts";
import { fileNameOf } from "../../lib/file-name.ts";
import { version } from "../../lib/version.ts";
import type { Sealer } from "../../settings/sealed-config.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { WebhookFiles } from "../../storage/transfer/webhook-files.ts";
import { type InWebhook, requireRole } from "../people/roles.ts";
import { FORMAT, type TransferDocument } from "./document.ts";
import { keysOfPassphrase, newSalt, takeSecrets } from "./secrets.ts";

export type TransferDeps = Readonly<{
  mainDb: MainDb;
  files: WebhookFiles;
  keys: Sealer;
  clock: Clock;
}>;

export type Exported = Readonly<{
  /** The file, which the caller must discard. */
  path: string;
  /** The file name for downloads. */
  fileName: string;
  /** Number of secrets left out, including those whose key is lost. */
  leftOut: number;
}>;

/**
 * Leaves secrets out if there is no passphrase; with one, it is for owners, else for editors. Throws AppError
 * `not_found`, `forbidden` or `unavailable`.
 */
export type ExportWebhook = (
  options: InWebhook & Readonly<{ passphrase: string | null; to?: string }>,
) => Promise<Exported>;

export function createExport({ mainDb, files, keys, clock }: TransferDeps): ExportWebhook {
  return async ({ passphrase, to, ...of }) => {
    const need = passphrase === null ? "editor" : "owner";
    const { id: webhookId, name } = requireRole(mainDb, of, need);
    const salt = newSalt();
    const passphraseKeys = passphrase === null ? null : await keysOfPassphrase(passphrase, salt);
    const rows = mainDb.transfer.read(webhookId);
    const entrypoints = takeSecrets({
      table: "entrypoints",
      rows: rows.entrypoints,
      keys,
      passphraseKeys,
    });
    const targets = takeSecrets({ table: "targets", rows: rows.targets, keys, passphraseKeys });
    const secrets = [...entrypoints.secrets, ...targets.secrets];
    const [webhook = {}] = rows.webhooks;
    const exportedAt = new Date(clock.now()).toISOString();
    // Imports validate it by a stricter schema, which rows written by this program satisfy.
    const document: Record<keyof TransferDocument, unknown> = {
      format: FORMAT,
      version,
      schema: mainDb.transfer.schemaVersion(),
      exported_at: exportedAt,
      webhook,
      entrypoints: entrypoints.rows,
      targets: targets.rows,
      secrets,
      passphrase: passphraseKeys && { salt },
    };
    const path = await files
      .write({
        webhookId,
        document: JSON.stringify(document),
        ...(to !== undefined && { to }),
      })
      .catch((error: unknown) => {
        // The webhook may have been deleted meanwhile, with its file: then this throws not_found.
        requireRole(mainDb, of, need);
        throw error;
      });
    // Writing takes long: whoever lost their role meanwhile gets nothing.
    try {
      requireRole(mainDb, of, need);
    } catch (error) {
      await files.discard(path);
      throw error;
    }
    mainDb.audit.add({
      action: "webhook.export",
      objectId: webhookId,
      objectName: name,
      webhookId,
      fields: passphrase === null ? [] : ["secrets"],
    });
    const leftOut = secrets.filter(({ sealed }) => sealed === null).length;
    return { path, fileName: `${fileNameOf(name, "webhook")}-${exportedAt.slice(0, 10)}.db`, leftOut };
  };
}
