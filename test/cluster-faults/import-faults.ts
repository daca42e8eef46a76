/** Faults while webhooks are imported with their events. */
import { z } from "zod";
import type { Gateway } from "../support/gateway.ts";
import { type Fault, GATEWAY_BOUND_MS } from "./fault.ts";
import type { World } from "./world.ts";

const IMPORTS = 4;
const LONGEST_IMPORT_MS = 600;
const AWAY_MS = 3_000;
const imported = z.object({ webhook: z.object({ id: z.string() }) });

export const importFaults = {
  leader_killed_while_importing: {
    boundMs: GATEWAY_BOUND_MS,
    async act(world) {
      const { leader, followers } = await world.roles();
      const [by = leader] = followers;
      const file = await exported(world, by);
      const imports = Promise.all(Array.from({ length: IMPORTS }, () => importOne(world, by, file)));
      await Bun.sleep(Math.random() * LONGEST_IMPORT_MS);
      await leader.kill9();
      await imports;
      await Bun.sleep(AWAY_MS);
      await leader.start();
    },
  },
} satisfies Record<string, Fault>;

async function exported({ api, setups }: World, by: Gateway): Promise<ArrayBuffer> {
  const answer = await api(by).request("GET", `/webhooks/${setups[0]?.webhookId}/export`);
  if (!answer.ok) throw new Error(`exporting: ${answer.status} ${await answer.text()}`);
  return answer.arrayBuffer();
}

/** An import that is answered otherwise, or not at all, may be there or not, but everywhere alike. */
async function importOne({ api, made }: World, by: Gateway, file: ArrayBuffer): Promise<void> {
  try {
    const answer = await fetch(`${by.origin}/api/v1/webhooks/import`, {
      method: "POST",
      headers: { authorization: `Bearer ${await api(by).key()}` },
      body: file,
    });
    if (answer.status === 201) made.webhooks.add(imported.parse(await answer.json()).webhook.id);
  } catch {
    // The connection broke off.
  }
}
