import { expect, setDefaultTimeout, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { Load } from "./load.ts";

// Starts processes; only a machine that hangs takes this long.
setDefaultTimeout(120_000);

const KILLS = 5;
const SENDERS = 16;

/** Each wants another part of the events, which are told apart by their path; the last can judge none of the bodies. */
const FILTERS = [
  { path: { $endsWith: ["0", "1", "2", "3", "4"] } },
  { path: { $endsWith: ["1", "3", "5", "7", "9"] } },
  null,
  { method: "PUT" },
  { body: { amount: { $gt: 5 } } },
] as const;

test("each event is a delivery of a target or filtered by it, with filters changed under load and after SIGKILLs", async () => {
  const receiver = await startReceiver();
  await using gateway = await startGateway();
  const http = { type: "http", config: { url: receiver.url } };
  const setup = await gateway.api.setUpWebhook([http, { type: "log" }]);
  const [changed = ""] = setup.targetIds;
  const load = new Load();
  let changes = 0;
  /** One change after the other, until the gateway is gone. */
  async function changeFilters(): Promise<void> {
    for (;;) {
      const filter = FILTERS[changes % FILTERS.length];
      const path = `/webhooks/${setup.webhookId}/targets/${changed}`;
      const answer = await gateway.api.request("PATCH", path, { filter }).catch(() => null);
      if (answer === null) return;
      expect([filter, answer.status]).toEqual([filter, 200]);
      changes++;
    }
  }

  for (let kill = 1; kill <= KILLS; kill++) {
    const running = load.run({ gateway, setups: [setup], senders: SENDERS });
    const changing = changeFilters();
    await load.waitFor(load.acknowledged.length + 100 + kill * 17);
    await gateway.kill9();
    await running;
    await changing;
    await gateway.start();
  }

  const events = await gateway.api.waitUntilSettled(setup.webhookId);
  const unaccounted = events.filter(
    ({ delivery_counts: { delivered, failed }, filtered_count }) =>
      // A delivery that two kills met is set aside as failed.
      delivered + failed + filtered_count !== setup.targetIds.length,
  );
  expect(unaccounted).toEqual([]);
  const filtered = events.filter(({ filtered_count }) => filtered_count > 0).map(({ id }) => id);
  expect(filtered.length).toBeWithin(1, events.length);
  const arrived = new Set(receiver.requests.map((request) => request.header("x-webhooker-event-id")));
  expect(filtered.filter((id) => arrived.has(id))).toEqual([]);
  expect(changes).toBeGreaterThan(FILTERS.length * KILLS);
  expect(await gateway.run(["check"])).toMatchObject({ code: 0 });
});
