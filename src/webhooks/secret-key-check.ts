/** Checks at startup whether the secret key is the one that the stored secrets were encrypted with. */
import { AppError } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { countUnreadable, resealRow } from "./transfer/secrets.ts";

type Checked = Pick<MainDb, "secretKeyCheck" | "webhooks" | "transfer" | "sealedRows" | "replication">;

const KNOWN_TEXT = "webhooker";
const PLACE = "secret_key_check";

/**
 * Logs an error if stored secrets need another key. If none do, the current key becomes the known one. Throws AppError
 * `conflict` in a cluster, whose nodes have the same key.
 */
export function checkSecretKey(deps: { mainDb: Checked; keys: Sealer; log: Logger }): void {
  const { mainDb, keys, log } = deps;
  const sealed = mainDb.secretKeyCheck.find();
  if (sealed !== null && opens(keys, sealed)) return;
  if (mainDb.replication.state() !== null) throw anotherKey();
  const unreadable = sealed === null ? 0 : countAll(mainDb, keys);
  if (unreadable === 0) {
    mainDb.secretKeyCheck.replace(sealKnownText(keys));
    return;
  }
  log.error("the stored secrets were encrypted with another secret key", {
    unreadable,
    until_then:
      "senders whose verification needs one of them get 503, deliveries that need one fail, and second factors take recovery codes only",
    hint: "start with the previous SECRET_KEY, or the previous webhooker.key next to the main database; if it is lost, enter the secrets again",
  });
}

/** Throws AppError `conflict` if stored secrets need another key. */
export function requireSecretKey({ mainDb, keys }: { mainDb: Checked; keys: Sealer }): void {
  const sealed = mainDb.secretKeyCheck.find();
  if (sealed === null || opens(keys, sealed) || countAll(mainDb, keys) === 0) return;
  throw new AppError({
    kind: "conflict",
    code: "another_secret_key",
    message: "The secrets in the data were encrypted with another secret key than SECRET_KEY.",
    hint: "Set SECRET_KEY to the key that the gateway had: the content of webhooker.key next to its main database, unless it was set.",
  });
}

function anotherKey(): AppError {
  return new AppError({
    kind: "conflict",
    code: "another_secret_key",
    message: "SECRET_KEY is not the key of the cluster that this node's data belongs to.",
    hint: "Set the same SECRET_KEY at every node.",
  });
}

/** Encrypts a known text, which another key will not decrypt. */
export function sealKnownText(keys: Sealer): string {
  return keys.seal(KNOWN_TEXT, PLACE);
}

function opens(keys: Sealer, sealed: string): boolean {
  try {
    return keys.open(sealed, PLACE) === KNOWN_TEXT;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function countAll(mainDb: Checked, keys: Sealer): number {
  let unreadable = 0;
  for (const { id } of mainDb.webhooks.listAll()) {
    const { entrypoints, targets } = mainDb.transfer.read(id);
    unreadable += countUnreadable({ table: "entrypoints", rows: entrypoints, keys });
    unreadable += countUnreadable({ table: "targets", rows: targets, keys });
  }
  const table = "second_factors";
  for (const row of mainDb.sealedRows.list(table)) {
    unreadable += resealRow({ table, row, from: keys, to: keys }).unreadable;
  }
  return unreadable;
}
