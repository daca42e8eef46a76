/** Finds what a delivery waits for: its target's state, its throttle, its due time or its turn. */
import type { ThrottleView } from "../../../delivery/throttle/throttle-control.ts";
import type { Delivery } from "../../../storage/event-db/types.ts";
import type { Target } from "../../../webhooks/targets.ts";

export type Wait = Readonly<
  | { kind: "target disabled" }
  | { kind: "target paused"; since: number }
  /** The pause is over, and what was held is released gradually. */
  | { kind: "release" }
  /** `nextProbeAt` is null while a probe is in progress. */
  | { kind: "circuit"; nextProbeAt: number | null }
  | { kind: "rate limit"; until: number }
  /** Nobody fetches the target's deliveries; `since` is null where nobody has yet. */
  | { kind: "puller"; since: number | null }
  /** An earlier delivery with the same order key goes first. */
  | { kind: "lane" }
  | { kind: "due time"; at: number }
  /** Due: in progress, or behind others. */
  | { kind: "turn" }
>;

type Given = Readonly<{
  delivery: Pick<Delivery, "status" | "nextAttemptAt">;
  /** Undefined for a deleted target. */
  target: Pick<Target, "active" | "pausedAt"> | undefined;
  throttle: Pick<ThrottleView, "circuit" | "restsUntil" | "pull"> | undefined;
  now: number;
}>;

/** Null if the delivery has ended. */
export function waitOf({ delivery, target, throttle, now }: Given): Wait | null {
  const { status, nextAttemptAt } = delivery;
  if (status !== "pending" && status !== "held") return null;
  if (target?.active === false) return { kind: "target disabled" };
  if (target && target.pausedAt !== null) return { kind: "target paused", since: target.pausedAt };
  if (status === "held") return { kind: "release" };
  if (nextAttemptAt === null) return { kind: "lane" };
  const circuit = throttle && throttle.circuit.state !== "closed" ? throttle.circuit : null;
  const restsUntil = throttle?.restsUntil ?? now;
  // Whatever ends last is what the delivery waits for.
  if (nextAttemptAt > Math.max(now, circuit?.nextProbeAt ?? now, restsUntil)) {
    return { kind: "due time", at: nextAttemptAt };
  }
  if (circuit !== null) return { kind: "circuit", nextProbeAt: circuit.nextProbeAt };
  if (throttle?.pull?.isConnected === false) return { kind: "puller", since: throttle.pull.lastPullAt };
  return restsUntil > now ? { kind: "rate limit", until: restsUntil } : { kind: "turn" };
}

/** Time from which an attempt may be made; null if it is unknown, or the delivery has ended. */
export function waitsUntil(wait: Wait | null, now: number): number | null {
  switch (wait?.kind) {
    case "turn":
    case "lane":
      return now;
    case "circuit":
      return wait.nextProbeAt ?? now;
    case "rate limit":
      return wait.until;
    case "due time":
      return wait.at;
    default:
      return null;
  }
}
