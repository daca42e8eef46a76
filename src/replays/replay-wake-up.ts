/** Wakes a waiting replay when its webhook's events, deliveries or targets have changed. */

import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";

export type WakeUp = Readonly<{
  /** Resolves at the next change; at once if there was one since the last call. */
  next: () => Promise<void>;
  wake: () => void;
  end: () => void;
}>;

export function listenToWebhook(
  webhookId: string,
  deps: Readonly<{ events: Pick<EventStore, "onRecorded">; routing: Pick<Routing, "onInvalidate"> }>,
): WakeUp {
  let isAwake = false;
  let resolveNext: (() => void) | null = null;

  function wake(): void {
    isAwake = true;
    resolveNext?.();
  }

  const endings = [
    deps.events.onRecorded(webhookId, wake),
    deps.routing.onInvalidate((changedId) => {
      if (changedId === webhookId) wake();
    }),
  ];
  return {
    async next() {
      if (!isAwake) await new Promise<void>((resolve) => (resolveNext = resolve));
      resolveNext = null;
      isAwake = false;
    },
    wake,
    end() {
      for (const end of endings) end();
    },
  };
}
