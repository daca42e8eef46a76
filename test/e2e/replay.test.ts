/** A replay of many events in the compiled executable, which is killed repeatedly. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { replayRunSchema } from "../../src/api/schemas.ts";
import { startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const EVENTS = 600;
const KILLS = 3;

test("each event is replayed once, however often the gateway is killed", async () => {
  const receiver = await startReceiver();
  await using gateway = await startGateway();
  const { webhookId, entrypointId } = await gateway.api.setUpWebhook([
    { type: "http", config: { url: receiver.url } },
  ]);
  for (let sent = 0; sent < EVENTS; sent += 50) {
    const posts = Array.from({ length: 50 }, () =>
      fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "x" }),
    );
    for (const answer of await Promise.all(posts)) await answer.arrayBuffer();
  }
  await gateway.api.waitUntilSettled(webhookId);
  const path = `/webhooks/${webhookId}/replays`;
  const begun = await gateway.api.request("POST", path, { filter: { status: "delivered" } });
  const { id } = replayRunSchema.parse(await begun.json());
  const read = async () =>
    replayRunSchema.parse(await (await gateway.api.request("GET", `${path}/${id}`)).json());

  for (let kill = 1; kill <= KILLS; kill++) {
    const until = (EVENTS * kill) / (KILLS + 2);
    let progress = await read();
    while (progress.replayed < until) progress = await read();
    await gateway.kill9();
    await gateway.start();
  }
  let run = await read();
  while (run.state !== "done") run = await read();

  expect(run).toMatchObject({ replayed: EVENTS, skipped: 0, matched: { deliveries: EVENTS, exact: true } });
  await gateway.api.waitUntilSettled(webhookId);
  const db = new Database(join(gateway.folder, "data", `events-${webhookId}.db`), { readonly: true });
  // On a slow machine two kills may meet the same attempt, which is then set aside.
  const counts = db
    .query(
      `SELECT replays, count(*) AS n FROM deliveries
        WHERE status = 'delivered' OR (status = 'failed' AND reason LIKE 'Set aside:%') GROUP BY 1`,
    )
    .all();
  db.close();
  expect(counts).toEqual([{ replays: 1, n: EVENTS }]);
  expect(await gateway.run(["check"])).toMatchObject({ code: 0 });
  await receiver.close();
});
