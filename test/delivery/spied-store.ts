/** An event store that records calls and fails when a test says so. */
import type { EventStore } from "../../src/storage/stores/event-store.ts";

type Faults = {
  /** Where set, calls of that name reject with it: for the webhook that `only` names, or for all. */
  error: Error | null;
  only: string | null;
};

export type SpiedStore = Readonly<{
  events: EventStore;
  /** Names of the calls that the engine makes, in order. */
  calls: string[];
  /** Where set, a discard resolves only after this. */
  delays: { discard: Promise<void> | null };
  faults: Record<"settle" | "claimDue" | "listPendingTargets" | "findPending" | "discardPending", Faults>;
}>;

export function spyOnStore(stored: EventStore): SpiedStore {
  const calls: string[] = [];
  const delays: SpiedStore["delays"] = { discard: null };
  const none = (): Faults => ({ error: null, only: null });
  const faults: SpiedStore["faults"] = {
    settle: none(),
    claimDue: none(),
    listPendingTargets: none(),
    findPending: none(),
    discardPending: none(),
  };

  function note(name: string): void {
    calls.push(name);
  }
  function check(name: keyof SpiedStore["faults"], webhookId: string): void {
    note(name);
    const { error, only } = faults[name];
    if (error && (only === null || only === webhookId)) throw error;
  }
  const events: EventStore = {
    ...stored,
    async settle(webhookId, settlement) {
      check("settle", webhookId);
      await stored.settle(webhookId, settlement);
    },
    async claimDue(claim) {
      check("claimDue", claim.webhookId);
      return stored.claimDue(claim);
    },
    async listPendingTargets(webhookId) {
      check("listPendingTargets", webhookId);
      return stored.listPendingTargets(webhookId);
    },
    async findPending(webhookIds) {
      check("findPending", "");
      return stored.findPending(webhookIds);
    },
    async discardPending(given) {
      check("discardPending", given.webhookId);
      const count = await stored.discardPending(given);
      await delays.discard;
      return count;
    },
    async earliestDue(given) {
      note("earliestDue");
      return stored.earliestDue(given);
    },
    async shiftDue(given) {
      note("shiftDue");
      return stored.shiftDue(given);
    },
  };
  return { events, calls, delays, faults };
}
