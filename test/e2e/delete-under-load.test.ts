/** A webhook deleted while senders post and deliveries run: senders get 404, and no fault is logged. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const ROUNDS = 6;
const SENDERS = 12;

test("senders of a webhook that is deleted get 404, and the log has no error", async () => {
  await using gateway = await startGateway();
  let fails = false;
  const receiver = await startReceiver({ script: () => ({ status: fails ? 500 : 200 }), forgets: true });
  const http = { type: "http", config: { url: receiver.url } };
  const statuses = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    fails = round % 2 === 1;
    const kept = await gateway.api.setUpWebhook([http]);
    const setup = await gateway.api.setUpWebhook([http, { ...http, max_attempts: 1 }]);
    const path = `/webhooks/${setup.webhookId}`;
    const door = `${path}/entrypoints/${setup.entrypointId}`;
    await gateway.api.request("PATCH", door, round % 3 === 0 ? { deduplicate_by: "body" } : {});
    const verification = { type: "github", config: { secret: "unknown to senders" } };
    if (round % 3 === 1) await gateway.api.request("PATCH", door, { verification });
    let isDeleted = false;
    let sent = 0;
    const senders = Array.from({ length: SENDERS }, async () => {
      for (let after = 0; after < 5; ) {
        const body = `event ${sent++}`;
        const answer = await fetch(gateway.entrypointUrl(setup.entrypointId), { method: "POST", body });
        await answer.arrayBuffer();
        statuses.add(answer.status);
        if (isDeleted) after++;
      }
    });
    const readers = Array.from({ length: 2 }, async () => {
      for (; !isDeleted; ) {
        for (const part of ["/events", "/rejected", "/targets", "/export"]) {
          const answer = await gateway.api.request("GET", path + part);
          await answer.arrayBuffer();
          expect([200, 404, 503]).toContain(answer.status);
        }
        await gateway.api.request("POST", `${path}/replays`, { filter: {} });
      }
    });
    await until(() => sent >= 300);
    expect((await gateway.api.request("DELETE", path)).status).toBe(204);
    isDeleted = true;
    await Promise.all([...senders, ...readers]);
    // The other webhooks were not affected.
    const other = await fetch(gateway.entrypointUrl(kept.entrypointId), { method: "POST", body: "kept" });
    expect(other.status).toBe(200);
  }
  expect([...statuses].filter((status) => ![200, 401, 404, 410].includes(status))).toEqual([]);
  await gateway.stop();
  expect(gateway.log.split("\n").filter((line) => line.includes(" ERROR "))).toEqual([]);
  await receiver.close();
});
