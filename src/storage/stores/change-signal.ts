/** Tells listeners that a webhook's events or deliveries changed, at most once a turn of the event loop. */

export type ChangeSignal = Readonly<{
  announce: (webhookId: string) => void;
  /** The returned function unsubscribes. */
  listen: (webhookId: string, listener: () => void) => () => void;
}>;

export function createChangeSignal(): ChangeSignal {
  const listeners = new Map<string, Set<() => void>>();
  const announced = new Set<string>();

  function tell(): void {
    const webhookIds = [...announced];
    announced.clear();
    for (const webhookId of webhookIds) for (const listener of listeners.get(webhookId) ?? []) listener();
  }

  return {
    announce(webhookId) {
      // Nearly always nobody listens, and this is the path of every event.
      if (!listeners.has(webhookId)) return;
      if (announced.size === 0) setImmediate(tell);
      announced.add(webhookId);
    },
    listen(webhookId, listener) {
      const known = listeners.get(webhookId) ?? new Set();
      listeners.set(webhookId, known.add(listener));
      return () => {
        known.delete(listener);
        if (known.size === 0 && listeners.get(webhookId) === known) listeners.delete(webhookId);
      };
    },
  };
}
