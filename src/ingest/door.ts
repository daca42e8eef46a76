/** Turns requests away before anything of them is read: by their method, where they come from, and how many come. */
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { EntrypointRules } from "./entrypoint-rules.ts";
import { createTokenBuckets } from "./token-buckets.ts";

export type Door = Readonly<{
  /** Throws AppError: forbidden, rate_limited. `remoteAddress` is asked for only where it matters. */
  pass: (asked: { entrypointId: string; rules: EntrypointRules; remoteAddress: () => string }) => void;
}>;

export function createDoor({ clock }: { clock: Pick<Clock, "monotonic"> }): Door {
  const buckets = createTokenBuckets({ monotonic: clock.monotonic });
  return {
    pass({ entrypointId, rules, remoteAddress }) {
      const { networks, rate } = rules;
      if (networks !== null && !networks.includes(remoteAddress())) {
        throw new AppError({
          kind: "forbidden",
          code: "network_not_allowed",
          message: "This entrypoint takes no requests from this address; nothing was stored.",
          hint: "Its owner can add the network. Behind a proxy, TRUSTED_PROXIES must name that.",
        });
      }
      // Strangers of other networks must not use up what its senders may send.
      const waitMs = rate === null ? 0 : buckets.take(entrypointId, rate);
      if (waitMs > 0) {
        throw new AppError({
          kind: "rate_limited",
          code: "entrypoint_rate_limited",
          message: "This entrypoint receives more requests than it may; this one was not stored.",
          retryAfterSeconds: waitMs / 1_000,
        });
      }
    },
  };
}

/** Throws AppError method_not_allowed. */
export function refuseMethod(methods: readonly string[]): never {
  throw new AppError({
    kind: "method_not_allowed",
    message: `This entrypoint takes ${methods.join(", ")} only.`,
    allowed: methods,
  });
}
