/** Summarises the state of a target or webhook in a label and a tone. */
import type { ThrottleView } from "../../../delivery/throttle/throttle-control.ts";
import type { Overview, TargetOverview } from "../../../storage/event-db/numbers/overview.ts";
import type { RetryingCount } from "../../../storage/event-db/numbers/retrying.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import type { Target } from "../../../webhooks/targets.ts";

export type Health = Readonly<{ tone: "ok" | "warn" | "bad" | "idle" | "info"; label: string }>;

export function targetHealth(
  target: Pick<Target, "active" | "deactivatedReason" | "pausedAt">,
  overview?: TargetOverview,
  throttle?: ThrottleView,
  retrying = 0,
): Health {
  if (target.deactivatedReason !== null) return { tone: "bad", label: "disabled" };
  if (!target.active) return { tone: "idle", label: "disabled" };
  if (target.pausedAt !== null) return { tone: "warn", label: "paused" };
  if (throttle && throttle.circuit.state !== "closed") return { tone: "bad", label: "circuit open" };
  if (throttle?.pull?.isConnected === false) return { tone: "idle", label: "nobody pulls" };
  if (throttle?.drain) return { tone: "info", label: "catching up" };
  if (overview?.lastResult?.delivered === false) return { tone: "bad", label: "failing" };
  if (overview && overview.counts.failed > 0) return { tone: "warn", label: "some failed" };
  if (retrying > 0) return { tone: "warn", label: "retrying" };
  return wasUsed(overview) ? { tone: "ok", label: "healthy" } : { tone: "idle", label: "no deliveries yet" };
}

/** True if anything was attempted or delivered. */
function wasUsed(overview: TargetOverview | undefined): boolean {
  return overview !== undefined && (overview.lastResult !== null || overview.counts.delivered > 0);
}

export function webhookHealth(parts: {
  entrypoints: readonly Pick<Entrypoint, "active">[];
  targets: readonly Pick<Target, "id" | "active" | "deactivatedReason" | "pausedAt">[];
  overview: Pick<Overview, "counts" | "lastEventAt">;
  targetOverviews: ReadonlyMap<string, TargetOverview>;
  throttles: ReadonlyMap<string, ThrottleView>;
  retrying: ReadonlyMap<string, RetryingCount>;
}): Health {
  const { entrypoints, targets, overview, targetOverviews, throttles, retrying } = parts;
  const failing = targets.filter(
    ({ id, ...target }) => targetHealth(target, targetOverviews.get(id), throttles.get(id)).tone === "bad",
  );
  if (failing.length > 0) {
    const areOff = failing.every(({ deactivatedReason }) => deactivatedReason !== null);
    const label = troubleLabel(failing.length, targets.length, areOff ? "disabled" : "failing");
    return { tone: "bad", label };
  }
  if (overview.counts.failed > 0) return { tone: "warn", label: "some failed" };
  if (!entrypoints.some((entrypoint) => entrypoint.active)) return { tone: "idle", label: "no active URL" };
  if (overview.lastEventAt === null) return { tone: "idle", label: "no events yet" };
  if (targets.length === 0) return { tone: "info", label: "no targets" };
  if (targets.every((target) => !target.active || target.pausedAt !== null)) {
    return { tone: "idle", label: "paused" };
  }
  if ([...retrying.values()].some(({ count }) => count > 0)) return { tone: "warn", label: "retrying" };
  if (!targets.some(({ id }) => wasUsed(targetOverviews.get(id)))) {
    return { tone: "idle", label: "no deliveries yet" };
  }
  return { tone: "ok", label: "healthy" };
}

function troubleLabel(count: number, all: number, trouble: "failing" | "disabled"): string {
  if (all === 1) return `target ${trouble}`;
  return count === all ? `all targets ${trouble}` : `${count} of ${all} targets ${trouble}`;
}
