/** Stores the secret that a provider's handshake brings, if the entrypoint has none yet. */
import type { Clock } from "../lib/clock.ts";
import { constantTimeEqual } from "../lib/crypto.ts";
import type { Logger } from "../observability/log.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { Providers } from "../verification/registry.ts";
import { parseVerification } from "../verification/stored-verification.ts";
import { createConfigKeeper } from "./config-keeper.ts";

export type LearnedSecret = Readonly<{
  webhookId: string;
  entrypointId: string;
  /** Type of the provider that sent the handshake. */
  type: string;
  secret: string;
  remoteAddress: string;
}>;

/**
 * Resolves with true once the secret is stored on disk. False, without any change, if a different secret or another
 * provider's settings are stored.
 */
export type KeepLearned = (learned: LearnedSecret) => Promise<boolean>;

export function createLearnedSecrets(deps: {
  mainDb: Pick<MainDb, "entrypoints" | "durably">;
  providers: Pick<Providers, "get">;
  keys: Sealer;
  clock: Pick<Clock, "now">;
  log: Pick<Logger, "info">;
}): KeepLearned {
  const { mainDb, providers, keys, clock, log } = deps;
  const keeper = createConfigKeeper({ keys, what: "entrypoint", within: "verification.config" });

  /** Runs in one turn of the event loop, so that only one of two simultaneous handshakes finds no secret. */
  function keep({ webhookId, entrypointId: id, type, secret, remoteAddress }: LearnedSecret): boolean {
    const row = mainDb.entrypoints.find({ id, webhookId });
    if (!row?.verification) return false;
    const stored = parseVerification(row.verification);
    if (stored.type !== type) return false;
    const provider = providers.get(type);
    const owner = `entrypoints:${id}` as const;
    const opened = keeper.findOpened(provider, stored.config, owner);
    if (opened === null) return false;
    if (opened.secret !== undefined) return constantTimeEqual(String(opened.secret), secret);
    const config = keeper.toStored({ owner, type: provider, sent: { ...opened, secret } });
    mainDb.entrypoints.update({ ...row, verification: { type, config }, updatedAt: clock.now() });
    log.info("an entrypoint stored the secret from a provider's handshake", {
      entrypoint_id: id,
      provider: type,
      remote_address: remoteAddress,
    });
    return true;
  }

  return (learned) => mainDb.durably(async () => keep(learned));
}
