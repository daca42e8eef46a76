/** Refuses requests before their body is read: by network and rate limit. */
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { EntrypointRules } from "./entrypoint-rules.ts";
import { createTokenBuckets } from "./token-buckets.ts";

export type Door = Readonly<{
  /**
   * Throws AppError `forbidden` or `rate_limited`. `remoteAddress` is called only if needed. A request that will be
   * verified takes no token yet, because its sender is unknown until the body has arrived.
   */
  pass: (asked: {
    entrypointId: string;
    rules: EntrypointRules;
    isVerified: boolean;
    remoteAddress: () => string;
  }) => void;
  /**
   * Takes a token after verification. Accepted and refused requests have separate, equal limits, so that a stranger who
   * knows the URL cannot use up the sender's limit. Throws AppError `rate_limited`.
   */
  count: (judged: { entrypointId: string; rules: EntrypointRules | null; isAccepted: boolean }) => void;
}>;

export function createDoor({ clock }: { clock: Pick<Clock, "monotonic"> }): Door {
  const senders = createTokenBuckets({ monotonic: clock.monotonic });
  const strangers = createTokenBuckets({ monotonic: clock.monotonic });
  return {
    pass({ entrypointId, rules, isVerified, remoteAddress }) {
      const { networks, rate } = rules;
      if (networks !== null && !networks.includes(remoteAddress())) {
        throw new AppError({
          kind: "forbidden",
          code: "network_not_allowed",
          message: "Requests from this address aren't allowed. Nothing was stored.",
          hint: "The entrypoint's owner can add the address to its allowed networks. Behind a reverse proxy, set TRUSTED_PROXIES.",
        });
      }
      if (rate === null) return;
      // Requests from other networks must not use up the senders' limit.
      refuseFor(isVerified ? senders.wait(entrypointId, rate) : senders.take(entrypointId, rate));
    },
    count({ entrypointId, rules, isAccepted }) {
      if (rules === null || rules.rate === null) return;
      refuseFor((isAccepted ? senders : strangers).take(entrypointId, rules.rate));
    },
  };
}

function refuseFor(waitMs: number): void {
  if (waitMs === 0) return;
  throw new AppError({
    kind: "rate_limited",
    code: "entrypoint_rate_limited",
    message: "This entrypoint's rate limit is exceeded. Nothing was stored; retry later.",
    retryAfterSeconds: waitMs / 1_000,
  });
}

/** Throws AppError `method_not_allowed`. */
export function refuseMethod(methods: readonly string[]): never {
  throw new AppError({
    kind: "method_not_allowed",
    message: `This entrypoint accepts only ${methods.join(", ")}.`,
    allowed: methods,
  });
}
