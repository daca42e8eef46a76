/**
 * Stores requests that failed verification, at a rate that keeps strangers from filling the disk or slowing others
 * down.
 */
import type { Clock } from "../lib/clock.ts";
import { newIdAt } from "../lib/ids.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { Route } from "../storage/main-db/routing.ts";
import type { RejectedStore } from "../storage/stores/rejected-store.ts";
import type { SecretPlace } from "../verification/provider.ts";
import { hideSecret, sealSecret } from "../verification/sender-secret.ts";
import type { RequestFacts } from "./snapshot.ts";
import { createTokenBuckets } from "./token-buckets.ts";

/** Per request: a single one must not evict all others of its entrypoint. */
const LARGEST_BODY = 4 * 1024 * 1024;
/** Per entrypoint: about what a real sender sends while its secret is wrong. */
const REQUESTS = { perSecond: 20, burst: 200 };
const BYTES = { perSecond: 1024 * 1024, burst: 16 * 1024 * 1024 };

export type RejectedKeeper = Readonly<{
  /** Never rejects: the request is refused whether or not it is stored. */
  keep: (refused: {
    route: Route;
    facts: RequestFacts;
    body: Uint8Array;
    reason: string;
    /** Where the request carries a secret, right or wrong; the secret is stored encrypted. */
    secretPlace: SecretPlace | undefined;
  }) => Promise<void>;
}>;

export function createRejectedKeeper(deps: {
  store: Pick<RejectedStore, "keep">;
  keys: Pick<Sealer, "seal">;
  clock: Clock;
  /** Called after a request was stored in a webhook's event file. */
  onKept?: (webhookId: string) => void;
}): RejectedKeeper {
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
        ...shown,
        id,
        entrypointId,
        receivedAt,
        reason,
        body,
        headers: [...shown.headers],
        contentType: shown.headers.get("content-type") ?? "",
        sealedSecret: hidden === null ? null : sealSecret(hidden, id, keys),
      };
      // The writer has logged the file's error; the sender gets 401 all the same.
      await store.keep(webhookId, draft).then(
        () => onKept(webhookId),
        () => undefined,
      );
    },
  };
}
