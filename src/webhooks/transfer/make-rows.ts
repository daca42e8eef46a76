/** Builds the rows of an imported webhook with its new ids, its user and encrypted secrets. */
import type { Sealer } from "../../settings/sealed-config.ts";
import type { PlainRow, WebhookRows } from "../../storage/main-db/transfer.ts";
import type { ChosenIds } from "./chosen-ids.ts";
import type { TransferDocument } from "./document.ts";
import type { LeftOut } from "./moved-rows.ts";
import { settingsForUser, settingsFromColumns } from "./moved-settings.ts";
import { putSecret } from "./secrets.ts";

export const WITHOUT_SECRETS = "Imported without its secrets. Enter them, then enable it.";
export const NOT_TWICE = "The import left it disabled so that nothing is sent twice. Enable it when ready.";

type Row = Record<string, string | number | null>;

/** Throws AppError `invalid` for a wrong passphrase. */
export function makeRows(given: {
  document: TransferDocument;
  ids: ChosenIds;
  userId: string;
  keys: Sealer;
  /** Null: leave secrets out. */
  passphraseKeys: Sealer | null;
  isOwnTarget: (targetId: string) => boolean;
  /** Whether the user has a webhook with that external id. */
  isTaken: (externalId: string) => boolean;
}): { rows: WebhookRows; leftOut: LeftOut } {
  const { document, ids, userId, keys, passphraseKeys, isOwnTarget } = given;
  const idOf = (id: string) => ids.all[id] ?? id;
  const webhook_id = idOf(document.webhook.id);
  const moved = (row: PlainRow): Row => ({ ...withIds(row, ids), webhook_id, deleted_at: null });
  const parts = { entrypoints: document.entrypoints.map(moved), targets: document.targets.map(moved) };
  const leftOut = new Map<string, string[][]>();
  for (const secret of document.secrets) {
    const id = idOf(secret.id);
    const row = parts[secret.table].find((each) => each.id === id);
    if (!row) continue;
    if (passphraseKeys && secret.sealed !== null) putSecret({ row, secret, passphraseKeys, keys, id });
    else leftOut.set(id, [...(leftOut.get(id) ?? []), pathInConfig(secret)]);
  }
  for (const row of parts.targets) {
    const reason = leftOut.has(String(row.id)) ? WITHOUT_SECRETS : passphraseKeys ? null : NOT_TWICE;
    if (reason !== null) Object.assign(row, { active: 0, deactivated_reason: reason });
  }
  // Entrypoints stay enabled: without their secret they respond 503, and senders retry.
  const row = withIds(settingsFromColumns(document), ids);
  const isOwn = (id: string) => isOwnTarget(id) || parts.targets.some((target) => target.id === id);
  const { external_id: externalId = null } = row;
  const webhook: Row = {
    ...row,
    external_id: externalId !== null && given.isTaken(String(externalId)) ? null : externalId,
    user_id: userId,
    deleted_at: null,
    settings: settingsForUser(row.settings, isOwn),
  };
  return { rows: { webhooks: [webhook], ...parts }, leftOut };
}

/** A verification's column contains its config; a target's column is the config. */
function pathInConfig({ table, path }: TransferDocument["secrets"][number]): string[] {
  return table === "entrypoints" ? path.slice(1) : [...path];
}

const ANY_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Replaces ids in columns, and in settings that refer to other parts. */
function withIds(row: PlainRow, { all }: ChosenIds): Row {
  const changed: Row = { ...row };
  for (const [column, value] of Object.entries(row)) {
    if (typeof value === "string") changed[column] = value.replace(ANY_ID, (id) => all[id] ?? id);
  }
  return changed;
}
