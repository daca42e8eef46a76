/** Transformations in the compiled executable: what arrives, when their process is killed, and after a restart. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { startGateway } from "../support/gateway.ts";
import { type ReceivedRequest, startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const CODE = `addHandler("transform", (request, context) => {
  const order: { n: number } = request.body;
  if (order.n === 13) return null;
  request.body = { n: order.n, at: Date.now(), lot: Math.random(), by: context.target_id };
  request.headers["x-event-type"] = context.type ?? "none";
  request.path = "/orders/" + order.n;
  return request;
});`;

const bodyOf = ({ body }: ReceivedRequest) => new TextDecoder().decode(body);
const eventIdOf = (request: ReceivedRequest) => request.header("x-webhooker-event-id") ?? "";

/** The processes that a gateway started, on systems that say so. */
function childrenOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  return readFileSync(path, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** False where it has just ended by itself. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

test("every attempt of an event sends equal bytes, over retries and a restart", async () => {
  let isUp = false;
  const receiver = await startReceiver({ script: () => ({ status: isUp ? 200 : 500 }) });
  await using gateway = await startGateway();
  const target = {
    type: "http",
    config: { url: `${receiver.url}/base` },
    transformation: { code: CODE },
    retry_strategy: "list",
    retry_delays_seconds: [1, 1, 1, 1, 1, 1, 1, 1],
  };
  const { webhookId, entrypointId, targetIds } = await gateway.api.setUpWebhook([target]);
  await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: '{"n":7,"type":"paid"}' });
  await receiver.waitFor(2);
  await gateway.kill9();
  await gateway.start();
  await receiver.waitFor(receiver.requests.length + 1);
  isUp = true;
  await gateway.api.waitUntilSettled(webhookId);
  expect(new Set(receiver.requests.map(bodyOf)).size).toBe(1);
  const [request] = receiver.requests;
  expect(request?.path).toBe("/base/orders/7");
  expect(request?.header("x-event-type")).toBe("paid");
  expect(request && JSON.parse(bodyOf(request))).toMatchObject({ n: 7, by: targetIds[0] });
  await receiver.close();
});

test.skipIf(process.platform !== "linux")(
  "every event arrives, and no delivery is lost or dropped, however often the sandbox is killed",
  async () => {
    const EVENTS = 200;
    const receiver = await startReceiver();
    await using gateway = await startGateway();
    const target = { type: "http", config: { url: receiver.url }, transformation: { code: CODE } };
    const { webhookId, entrypointId } = await gateway.api.setUpWebhook([target]);
    let sent = 0;
    const senders = Array.from({ length: 8 }, async () => {
      while (sent < EVENTS) {
        const body = JSON.stringify({ n: 1_000 + sent++ });
        const answer = await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body });
        await answer.arrayBuffer();
      }
    });
    let kills = 0;
    async function killOften(): Promise<void> {
      for (let arrived = 10; arrived < EVENTS; arrived += 10) {
        await receiver.waitFor(arrived);
        for (const pid of childrenOf(gateway.pid)) if (kill(pid)) kills++;
      }
    }
    await Promise.all([...senders, killOften()]);
    const events = await gateway.api.waitUntilSettled(webhookId);
    const counts = events.map(({ delivery_counts }) => delivery_counts);
    expect(counts.filter(({ delivered }) => delivered === 1)).toHaveLength(counts.length);
    expect(new Set(receiver.requests.map(eventIdOf)).size).toBe(EVENTS);
    const times = Map.groupBy(receiver.requests, eventIdOf);
    expect([...times.values()].filter((requests) => requests.length > 1)).toEqual([]);
    expect(kills).toBeGreaterThan(15);
    await receiver.close();
  },
);
