/** Encrypts every stored secret again with the current secret key. */
import { AppError } from "../lib/errors.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { resealRequests } from "../storage/transfer/sealed-requests.ts";
import { resealSecret } from "../verification/sender-secret.ts";
import { sealKnownText } from "./secret-key-check.ts";
import { resealRow } from "./transfer/secrets.ts";

type Rotated = Readonly<{
  resealed: number;
  /** Secrets that no key decrypts; they stay unchanged. */
  unreadable: number;
}>;

/**
 * Changes all secrets or none. Throws AppError `conflict` if `from` does not decrypt a secret, unless `partial` allows
 * leaving such secrets unchanged.
 */
export function rotateSecrets(given: {
  mainDb: Pick<MainDb, "sealedRows" | "secretKeyCheck">;
  from: Sealer;
  to: Sealer;
  partial: boolean;
}): Rotated {
  const { mainDb, from, to, partial } = given;
  let resealed = 0;
  let unreadable = 0;
  mainDb.sealedRows.changeAll(
    (table, row) => {
      const done = resealRow({ table, row, from, to });
      resealed += done.resealed;
      // Secrets of deleted rows do not matter.
      if ((row.deleted_at ?? null) === null) unreadable += done.unreadable;
      return done.row;
    },
    () => {
      if (unreadable > 0 && !partial) throw notOpened(unreadable);
      mainDb.secretKeyCheck.put(sealKnownText(to));
    },
  );
  return { resealed, unreadable };
}

type RotatedRequests = Readonly<{
  resealed: number;
  /** Requests with a secret that no key decrypts: they cannot be verified again. */
  unreadable: number;
  /** Webhooks whose event files could not be read or written. */
  faults: readonly Readonly<{ webhookId: string; cause: unknown }>[];
}>;

/**
 * Does the same for the secrets that came with rejected requests. A file that cannot be read does not stop it: the
 * secrets of the main database have been changed by then.
 */
export function rotateRejectedSecrets(given: {
  mainDb: Pick<MainDb, "webhooks">;
  dataDir: string;
  from: Sealer;
  to: Sealer;
}): RotatedRequests {
  const { mainDb, dataDir, ...keys } = given;
  const faults: { webhookId: string; cause: unknown }[] = [];
  let [resealed, unreadable] = [0, 0];
  for (const { id: webhookId } of mainDb.webhooks.listAll()) {
    try {
      resealRequests({ dataDir, webhookId }, (id, sealedSecret) => {
        const sealed = resealSecret({ id, sealedSecret }, keys);
        if (sealed === null) unreadable++;
        else resealed++;
        return sealed;
      });
    } catch (cause) {
      faults.push({ webhookId, cause });
    }
  }
  return { resealed, unreadable, faults };
}

function notOpened(count: number): AppError {
  return new AppError({
    kind: "conflict",
    code: "secrets_unreadable",
    message: `${count} of the stored secrets cannot be decrypted with any key. Nothing was changed.`,
    hint: "Set SECRET_KEY_PREVIOUS to the key that they were encrypted with. If it is lost, skip them with --partial and enter them again.",
  });
}
