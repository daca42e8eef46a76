/** Turns requests away before anything of them is read: by their method, where they come from, and how many come. */
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { EntrypointRules } from "./entrypoint-rules.ts";
import { createTokenBuckets } from "./token-buckets.ts";

export type Door = Readonly<{
  /**
   * Throws AppError: forbidden, rate_limited. `remoteAddress` is asked for only where it matters. A request that is to
   * be verified takes no token yet: while its body comes, nobody knows whose request it is.
   */
  pass: (asked: {
    entrypointId: string;
    rules: EntrypointRules;
    isVerified: boolean;
    remoteAddress: () => string;
  }) => void;
  /**
   * Takes the token of a request that was verified, or could not be: those have an equal limit of their own, so that
   * who only knows the URL uses up nothing of the sender's. Throws AppError rate_limited.
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
      // Strangers of other networks must not use up what its senders may send.
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

/** Throws AppError method_not_allowed. */
export function refuseMethod(methods: readonly string[]): never {
  throw new AppError({
    kind: "method_not_allowed",
    message: `This entrypoint accepts only ${methods.join(", ")}.`,
    allowed: methods,
  });
}
