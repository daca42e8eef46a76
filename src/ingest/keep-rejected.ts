/** Keeps requests that could not be verified, no faster than a stranger may fill the disk or slow others down. */
import type { Clock } from "../lib/clock.ts";
import { newIdAt } from "../lib/ids.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { Route } from "../storage/main-db/routing.ts";
import type { RejectedStore } from "../storage/stores/rejected-store.ts";
import type { SecretPlace } from "../verification/provider.ts";
import { hideSecret, sealSecret } from "../verification/sender-secret.ts";
import type { RequestFacts } from "./snapshot.ts";
import { createTokenBuckets } from "./token-buckets.ts";

/** Of one request: a single one must not push out all others of its entrypoint. */
const LARGEST_BODY = 4 * 1024 * 1024;
/** Of each entrypoint: about what a real sender brings while its secret is wrong. */
const REQUESTS = { perSecond: 20, burst: 200 };
const BYTES = { perSecond: 1024 * 1024, burst: 16 * 1024 * 1024 };

export type Quarantine = Readonly<{
  /** Never rejects: whatever becomes of it, the request is refused. */
  keep: (refused: {
    route: Route;
    facts: RequestFacts;
    body: Uint8Array;
    reason: string;
    /** Where the request would carry a secret, right or wrong: that is kept sealed. */
    secretPlace: SecretPlace | undefined;
  }) => Promise<void>;
}>;

export function createQuarantine(deps: {
  store: Pick<RejectedStore, "keep">;
  keys: Pick<Sealer, "seal">;
  clock: Clock;
  /** Called after a webhook's file got one. */
  onKept?: (webhookId: string) => void;
}): Quarantine {
  const { store, keys, clock, onKept = () => undefined } = deps;
  const buckets = createTokenBuckets({ monotonic: clock.monotonic });

  function mayKeep(entrypointId: string, bytes: number): boolean {
    if (bytes > LARGEST_BODY) return false;
    if (buckets.take(`requests:${entrypointId}`, REQUESTS) > 0) return false;
    return buckets.take(`bytes:${entrypointId}`, BYTES, bytes) === 0;
  }

  return {
    async keep({ route, facts, body, reason, secretPlace }) {
      const { entrypointId, webhookId } = route;
      if (!mayKeep(entrypointId, body.byteLength)) return;
      const receivedAt = clock.now();
      const id = newIdAt(receivedAt);
      const { shown, hidden } = hideSecret(facts, secretPlace);
      const draft = {
        ...{ ...shown, id, entrypointId, receivedAt, reason, body },
        headers: [...shown.headers],
        contentType: shown.headers.get("content-type") ?? "",
        sealedSecret: hidden === null ? null : sealSecret(hidden, id, keys),
      };
      // The writer has told of what is wrong with the file; the sender is answered 401 as ever.
      await store.keep(webhookId, draft).then(
        () => onKept(webhookId),
        () => undefined,
      );
    },
  };
}
