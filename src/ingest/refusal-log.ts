/** Logs refused requests, at most once a minute per entrypoint, because a stranger can send many. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";

const EVERY_MS = 60_000;

export type RefusalLog = Readonly<{
  note: (refusal: { entrypointId: string; webhookId: string; provider: string; reason: string }) => void;
}>;

export function createRefusalLog({ log, clock }: { log: Logger; clock: Clock }): RefusalLog {
  /** Bounded by the number of existing entrypoints. */
  const notes = new Map<string, { at: number; since: number }>();
  return {
    note({ entrypointId, webhookId, provider, reason }) {
      const now = clock.monotonic();
      const last = notes.get(entrypointId);
      if (last && now - last.at < EVERY_MS) {
        last.since++;
        return;
      }
      notes.set(entrypointId, { at: now, since: 0 });
      log.warn("a request was refused: it could not be verified", {
        entrypoint_id: entrypointId,
        webhook_id: webhookId,
        provider,
        reason,
        ...(last && last.since > 0 && { refused_since_the_last_line: last.since }),
      });
    },
  };
}
