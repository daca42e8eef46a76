/** Opens the verifier of an entrypoint, once per route object of the routing table. */
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import { openConfig, type Sealer } from "../settings/sealed-config.ts";
import type { Route } from "../storage/main-db/routing.ts";
import type { Provider, Verifier } from "../verification/provider.ts";
import type { Providers } from "../verification/registry.ts";
import { parseVerification } from "../verification/stored-verification.ts";

export type OpenedVerifier = Verifier & Pick<Provider, "type" | "handshakeMethods" | "credentials">;

/**
 * Null for an entrypoint without verification. Throws AppError `unavailable` if its settings cannot be opened, usually
 * because SECRET_KEY changed: nothing is accepted unverified, and senders retry later.
 */
export type VerifierOpener = (route: Route) => OpenedVerifier | null;

export function createVerifierOpener(deps: {
  providers: Pick<Providers, "get">;
  keys: Sealer;
  log: Logger;
}): VerifierOpener {
  const { providers, keys, log } = deps;
  const opened = new WeakMap<Route, OpenedVerifier | "unusable">();

  function open({ entrypointId, verification }: Route): OpenedVerifier | "unusable" {
    try {
      const { type, config } = parseVerification(verification ?? {});
      const provider = providers.get(type);
      const owner = `entrypoints:${entrypointId}` as const;
      const verifier = provider.prepare(openConfig({ type: provider, config, owner, keys }));
      const { handshakeMethods, credentials } = provider;
      return {
        ...verifier,
        type,
        ...(handshakeMethods && { handshakeMethods }),
        ...(credentials && { credentials }),
      };
    } catch (error) {
      log.error("an entrypoint's verification cannot be read; its requests are refused with 503", {
        entrypoint_id: entrypointId,
        cause: errorMessage(error),
        hint: "Check whether SECRET_KEY has changed. Start with the old key, or enter the verification's settings again.",
      });
      return "unusable";
    }
  }

  return (route) => {
    if (route.verification === null) return null;
    let known = opened.get(route);
    if (known === undefined) {
      known = open(route);
      opened.set(route, known);
    }
    if (known !== "unusable") return known;
    throw new AppError({
      kind: "unavailable",
      code: "verification_unavailable",
      message: "This entrypoint cannot verify requests. Nothing was stored.",
      hint: "The entrypoint's page and the server's log have the cause.",
    });
  };
}
