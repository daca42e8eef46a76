/** The soak's checks at the end: nothing lost, nothing twice, nothing stuck or held, and a ledger that adds up. */
import { type Load, listLosses } from "../e2e/load.ts";
import type { EventSummary, WebhookSetup } from "../support/api-client.ts";
import type { Gateway } from "../support/gateway.ts";
import { isRefused, type ServiceName, type Targets } from "./targets.ts";

export type SoakWebhook = WebhookSetup & Readonly<{ services: readonly ServiceName[]; habit: Habit }>;

/** `copies`: each event is sent several times; `pauses`: its targets are paused now and then. */
export type Habit = "plain" | "copies" | "pauses";

const LOOK_EVERY_MS = 250;

/** Waits until nothing is pending or held, or the time is up; returns how long it took. */
export async function drain(options: {
  gateway: Gateway;
  setups: readonly SoakWebhook[];
  limitMs: number;
}): Promise<number> {
  const { gateway, setups, limitMs } = options;
  const since = performance.now();
  for (const { webhookId } of setups) {
    for (const status of ["held", "pending"] as const) {
      while (performance.now() - since < limitMs && (await gateway.api.hasSome(webhookId, status))) {
        await Bun.sleep(LOOK_EVERY_MS);
      }
    }
  }
  return performance.now() - since;
}

/** Returns one line for each fault. */
export async function listFaults(options: {
  gateway: Gateway;
  setups: readonly SoakWebhook[];
  load: Load;
  targets: Targets;
}): Promise<string[]> {
  const { gateway, setups, load, targets } = options;
  const stored: EventSummary[] = [];
  for (const { webhookId } of setups) stored.push(...(await gateway.api.listEvents(webhookId)));
  const servicesOf = new Map(setups.map(({ webhookId, services }) => [webhookId, services]));
  const losses = listLosses({
    acknowledged: load.acknowledged,
    stored,
    faultOf(event, { number, setup }) {
      const services = servicesOf.get(setup.webhookId) ?? [];
      const unseen = services.find((name) => !targets.hasSeen(name, event.id));
      return unseen === undefined ? null : `${number} has never arrived at ${unseen}`;
    },
  });
  // Includes events that were not acknowledged: every stored event must be delivered.
  const unsettled = setups.flatMap(({ entrypointId, services }) => {
    const refusals = ({ path_tail }: EventSummary) =>
      services.filter((name) => isRefused(name, Number(path_tail.slice(1)))).length;
    return stored
      .filter((event) => event.entrypoint_id === entrypointId)
      .filter((event) => !isAsExpected(event.delivery_counts, services.length, refusals(event)))
      .map(({ id, delivery_counts }) => `${id} is not settled: ${JSON.stringify(delivery_counts)}`);
  });
  return [...losses, ...unsettled, ...listRepeats(stored), ...(await checkLedger(gateway))];
}

function isAsExpected(counts: EventSummary["delivery_counts"], targets: number, failed: number): boolean {
  return counts.delivered === targets - failed && counts.failed === failed && counts.pending === 0;
}

/**
 * Senders send each number once, or as duplicates that must become one event: none may be stored twice, acknowledged or
 * not.
 */
function listRepeats(stored: readonly EventSummary[]): string[] {
  const seen = new Set<string>();
  return stored.flatMap(({ path_tail }) => {
    if (seen.has(path_tail)) return [`${path_tail} is stored again`];
    seen.add(path_tail);
    return [];
  });
}

/** Checks with the gateway running, and again when it has stopped. */
async function checkLedger(gateway: Gateway): Promise<string[]> {
  const running = await gateway.run(["check"]);
  await gateway.stop();
  const stopped = await gateway.run(["check"]);
  await gateway.start();
  return [running, stopped].flatMap(({ code, out, err }) => (code === 0 ? [] : [`check: ${out}${err}`]));
}
