/**
 * Delivers events through `webhooker listen` while its process is killed, the network between freezes, and the gateway
 * restarts; counts what was lost and what came twice.
 */
import { z } from "zod";
import { startFrozenProxy } from "../support/frozen-proxy.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Listening, startListening } from "../support/listener.ts";
import { startReceiver } from "../support/receiver.ts";
import { freePort } from "../support/site.ts";

export type FaultRun = Readonly<{
  events: number;
  /** kill -9 of the listener. */
  kills: number;
  freezeMs: number;
  /** Time after which a delivery without an answer is due again. */
  leaseMs: number;
  /** Deliveries at once. */
  concurrency: number;
}>;

export type FaultResult = Readonly<{ lost: number; repeats: number; ms: number; told: string }>;

const SENDERS = 16;

export async function runListenFaults(run: FaultRun): Promise<FaultResult> {
  const { events, kills, freezeMs, leaseMs, concurrency } = run;
  await using gateway = await startGateway({ env: { PORT: String(freePort()) } });
  const { webhookId, entrypointId, targetIds } = await gateway.api.setUpWebhook([
    { type: "pull", timeout_ms: leaseMs },
  ]);
  const arrived = new Map<string, number>();
  const watchers = new Set<() => void>();
  const receiver = await startReceiver({
    forgets: true,
    script(request) {
      const id = request.header("x-webhooker-event-id") ?? "";
      arrived.set(id, (arrived.get(id) ?? 0) + 1);
      for (const look of watchers) look();
      return {};
    },
  });
  const proxy = startFrozenProxy({ port: gateway.port });
  const key = await gateway.api.key();
  const args = [webhookId, "--target", targetIds[0] ?? "", "--to", receiver.url];
  const listen = () =>
    startListening({ url: proxy.url, key, args: [...args, "--concurrency", String(concurrency)] });
  const arrivedMany = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (arrived.size < count) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });

  let listening = listen();
  let told = "";
  const from = performance.now();
  try {
    const sent = sendMany(gateway, entrypointId, events);
    const steps = kills + 3;
    const share = (step: number) => arrivedMany(Math.floor((events * step) / steps));
    for (let kill = 1; kill <= kills; kill++) {
      await share(kill);
      listening = await killed(listening, listen);
    }
    await share(kills + 1);
    proxy.freeze();
    await Bun.sleep(freezeMs);
    proxy.thaw();
    await share(kills + 2);
    // Every accepted event is on disk, so that the sender, which has no retry, is done before the gateway is killed.
    const ids = await sent;
    await gateway.kill9();
    await gateway.start();
    await arrivedMany(events);
    await gateway.api.waitUntilSettled(webhookId);
    const ms = performance.now() - from;
    listening.signal("SIGINT");
    await listening.finished;
    told = listening.told();
    const repeats = [...arrived.values()].reduce((sum, count) => sum + count - 1, 0);
    return { lost: ids.filter((id) => !arrived.has(id)).length, repeats, ms, told };
  } finally {
    listening.signal("SIGKILL");
    await listening.finished;
    proxy.close();
    await receiver.close();
  }
}

async function killed(listening: Listening, again: () => Listening): Promise<Listening> {
  listening.signal("SIGKILL");
  await listening.finished;
  return again();
}

/** Resolves with the ids of all events. */
export async function sendMany(
  gateway: Pick<Gateway, "entrypointUrl">,
  entrypointId: string,
  count: number,
): Promise<readonly string[]> {
  const url = gateway.entrypointUrl(entrypointId);
  const ids: string[] = [];
  let left = count;
  async function sendSome(): Promise<void> {
    while (left-- > 0) {
      const response = await fetch(url, {
        method: "POST",
        body: `{"n":${left},"text":"${"x".repeat(900)}"}`,
      });
      ids.push(z.object({ id: z.string() }).parse(await response.json()).id);
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sendSome));
  return ids;
}
