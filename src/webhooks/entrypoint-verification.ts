/** Converts an entrypoint's verification between its sent, stored and shown forms. */
import type { z } from "zod";
import { redactConfig, type Sealer } from "../settings/sealed-config.ts";
import type { EntrypointRow } from "../storage/main-db/tables.ts";
import type { Provider } from "../verification/provider.ts";
import type { Providers } from "../verification/registry.ts";
import { parseVerification } from "../verification/stored-verification.ts";
import { createConfigKeeper } from "./config-keeper.ts";
import type { verificationInput } from "./schemas.ts";

export type Verification = Readonly<{
  type: string;
  /** Secrets are replaced by "[secret]". */
  config: Record<string, unknown>;
  /** Why requests cannot be verified, so that none are accepted; null if they can. */
  fault: string | null;
}>;

const ANOTHER_KEY = "Its secrets were stored with another SECRET_KEY. Enter them again.";

type Row = Pick<EntrypointRow, "id" | "verification">;
type Sent = z.infer<typeof verificationInput>;

export function createVerifications({ providers, keys }: { providers: Providers; keys: Sealer }) {
  const keeper = createConfigKeeper({ keys, what: "entrypoint", within: "verification.config" });

  function read({ id, type, config: sent = {} }: Sent & { id: string }, before: Row["verification"]) {
    const provider = providers.get(type);
    const stored = before === null ? null : parseVerification(before);
    // Another provider's secret is not kept.
    const kept = stored?.type === type ? stored.config : undefined;
    return { provider, given: { owner: `entrypoints:${id}`, type: provider, sent, before: kept } as const };
  }

  return {
    /**
     * Validates a sent verification and encrypts its secrets; throws AppError `invalid`. `before` is what it replaces.
     */
    toStored(options: { id: string; sent: Sent; before: Row["verification"] }) {
      const { provider, given } = read({ ...options.sent, id: options.id }, options.before);
      return { type: provider.type, config: keeper.toStored(given) };
    },

    /** Validates like `toStored`, and returns the config ready for a trial. Nothing is stored. */
    toOpened(options: { id: string; sent: Sent; before: Row["verification"] }) {
      const { provider, given } = read({ ...options.sent, id: options.id }, options.before);
      return { provider, config: keeper.toOpened(given) } satisfies { provider: Provider; config: unknown };
    },

    /**
     * Returns the verification without secrets. Never throws for an unusable row, so that users can see and repair it.
     */
    toShown({ id, verification }: Row): Verification | null {
      if (verification === null) return null;
      const { type, config } = parseVerification(verification);
      const provider = providers.find(type);
      if (!provider)
        return { type, config: {}, fault: "This version of webhooker does not know this provider." };
      const opened = keeper.findOpened(provider, config, `entrypoints:${id}`);
      return {
        type,
        config: redactConfig({ type: provider, config }),
        fault: opened ? faultOf(provider, opened) : ANOTHER_KEY,
      };
    },
  };
}

/** Imports without secrets lack some settings. */
function faultOf(provider: Provider, config: unknown): string | null {
  const { error } = provider.configSchema.safeParse(config);
  const fields = error?.issues.map(({ path }) => path.join(".")) ?? [];
  return error ? `Its settings are incomplete. Check ${[...new Set(fields)].join(", ")}.` : null;
}
