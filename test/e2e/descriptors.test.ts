/** A process with a low limit of files and connections. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { WebhookSetup } from "../support/api-client.ts";
import { startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(300_000);

const DESCRIPTORS = 256;
const WEBHOOKS = 300;
const SENDERS = 32;

/** Collects the ids of delivered events, and reports when all acknowledged ones have arrived. */
async function startWatchedReceiver() {
  const arrived = new Set<string>();
  let check = () => {};
  const receiver = await startReceiver({
    script(request) {
      arrived.add(request.header("x-webhooker-event-id") ?? "");
      check();
      return {};
    },
  });
  return {
    receiver,
    arrivalOf(eventIds: readonly string[]): Promise<void> {
      return new Promise((resolve) => {
        check = () => {
          if (eventIds.every((eventId) => arrived.has(eventId))) resolve();
        };
        check();
      });
    },
  };
}

/** Processes a list with limited concurrency. */
async function inTurn<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const waiting = items.values();
  const results: R[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of waiting) results.push(await work(item));
    }),
  );
  return results;
}

type Answer = Readonly<{ status: number; eventId: string; code: string | null }>;

async function post(url: string): Promise<Answer> {
  const answer = await fetch(url, { method: "POST", body: "{}" });
  const body: unknown = await answer.json();
  const code = /"code":"([a-z_]+)"/.exec(JSON.stringify(body))?.[1] ?? null;
  return { status: answer.status, eventId: answer.headers.get("x-webhooker-event-id") ?? "", code };
}

test(`with ${DESCRIPTORS} descriptors, events for ${WEBHOOKS} webhooks are all stored and delivered`, async () => {
  const { receiver, arrivalOf } = await startWatchedReceiver();
  await using gateway = await startGateway({ before: `ulimit -n ${DESCRIPTORS}` });
  const target = { type: "http", config: { url: receiver.url } };
  const setups = await inTurn(Array.from({ length: WEBHOOKS }), 8, () => gateway.api.setUpWebhook([target]));

  // Each of them finds a file that was closed to make room for others.
  const answers = await inTurn(setups, SENDERS, ({ entrypointId }) =>
    post(gateway.entrypointUrl(entrypointId)),
  );

  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  await arrivalOf(answers.map(({ eventId }) => eventId));
  await gateway.stop();
  // Every file is intact, every ledger balanced.
  const checked = await gateway.run(["check"]);
  expect(checked).toMatchObject({ code: 0 });
  await receiver.close();
});

test("senders that hold every descriptor delay others, and everything recovers when they are gone", async () => {
  const { receiver, arrivalOf } = await startWatchedReceiver();
  await using gateway = await startGateway({ before: `ulimit -n ${DESCRIPTORS}` });
  const target = { type: "http", config: { url: receiver.url } };
  const open: WebhookSetup = await gateway.api.setUpWebhook([target]);
  const closed = await inTurn(Array.from({ length: 30 }), 1, () => gateway.api.setUpWebhook([target]));
  // One that is already served, because the process accepts no connections once it has no descriptor left.
  expect(await post(gateway.entrypointUrl(open.entrypointId))).toMatchObject({ status: 200 });
  const idle = await Promise.all(
    Array.from({ length: DESCRIPTORS + 50 }, () =>
      Bun.connect({ hostname: "127.0.0.1", port: gateway.port, socket: { data() {} } }),
    ),
  );

  // The process accepts its connections one after the other.
  const first: Answer[] = [];
  for (let turn = 0; !first.some(({ status }) => status === 503); turn++) {
    first.push(await post(gateway.entrypointUrl(closed[turn % closed.length]?.entrypointId ?? "")));
  }
  expect(first.at(-1)).toMatchObject({ status: 503, code: "descriptors_exhausted" });
  expect(new Set(first.slice(0, -1).map(({ status }) => status)).difference(new Set([200]))).toEqual(
    new Set(),
  );

  for (const socket of idle) socket.end();
  const later = await inTurn(closed, 1, async ({ entrypointId }) => {
    let answer = await post(gateway.entrypointUrl(entrypointId));
    while (answer.status === 503) answer = await post(gateway.entrypointUrl(entrypointId));
    return answer;
  });
  expect(later.map(({ status }) => status)).toEqual(closed.map(() => 200));
  const acknowledged = [...first, ...later].filter(({ status }) => status === 200);
  await arrivalOf(acknowledged.map(({ eventId }) => eventId));
  await receiver.close();
});
