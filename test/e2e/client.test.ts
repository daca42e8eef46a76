/** The commands for a gateway elsewhere, of the executable, against the executable. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { runListenFaults } from "../soak/listen-faults.ts";
import { type Finished, type Gateway, startGateway } from "../support/gateway.ts";
import { startListening } from "../support/listener.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

let gateway: Gateway;
let receiver: Receiver;
let home: string;
let webhookId: string;
let entrypointId: string;

beforeAll(async () => {
  [gateway, receiver] = await Promise.all([startGateway(), startReceiver()]);
  ({ webhookId, entrypointId } = await gateway.api.setUpWebhook());
  home = join(gateway.folder, "home");
  mkdirSync(home);
});

afterAll(async () => {
  await receiver.close();
  await gateway.remove();
});

const run = (words: string, more: { env?: Record<string, string>; stdin?: string } = {}) =>
  gateway.run(words.split(" "), { ...more, env: { HOME: home, ...more.env } });

function linesOf({ code, out, err }: Finished): unknown[] {
  expect([code, err]).toEqual([0, ""]);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

const sentShape = z.object({ id: z.string() });
const send = async (body: string) => {
  const { code, out } = await run(`send ${entrypointId}`, { stdin: body });
  expect(code).toBe(0);
  return sentShape.parse(JSON.parse(out)).id;
};

test("a person signs in, sends, lists, listens, replays and signs out; a script can trust the exit codes", async () => {
  expect((await run("events")).code).toBe(3);
  const wrong = await run(`login ${gateway.origin}`, { stdin: "whk_wrong" });
  expect([wrong.code, wrong.out]).toEqual([3, ""]);
  const key = await gateway.api.key();
  const signedIn = await run(`login ${gateway.origin}`, { stdin: `${key}\n` });
  expect([signedIn.code, signedIn.err]).toEqual([0, ""]);
  const path = join(home, ".config/webhooker/login.json");
  expect(signedIn.out).toContain(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const id = await send('{"type":"order.created","n":1}');
  expect(linesOf(await run("events test"))).toMatchObject([
    { id, type: "order.created", webhook_id: webhookId },
  ]);
  expect(linesOf(await run("events --status failed"))).toEqual([]);
  expect(linesOf(await run(`event ${id}`))).toMatchObject([{ id, deliveries: [] }]);
  expect((await run(`event ${id} --body`)).out).toBe('{"type":"order.created","n":1}');

  const listen = `listen test --to ${receiver.url}/hooks --name laptop --once`;
  receiver.answerWith({ status: 201, body: "thanks" });
  const listened = await run(`${listen} --since 1h`);
  expect([listened.code, JSON.parse(listened.out)]).toMatchObject([0, { event_id: id, status_code: 201 }]);
  expect(receiver.requests.map(({ path: to }) => to)).toEqual(["/hooks"]);
  expect(linesOf(await run(`event ${id}`))).toMatchObject([{ deliveries: [{ status: "delivered" }] }]);

  receiver.answerWith({ status: 500 });
  // Disabled again at the end of the first run, it missed this one.
  await send('{"type":"order.paid","n":2}');
  const failed = await run(`${listen} --since 1h`);
  expect([failed.code, JSON.parse(failed.out)]).toMatchObject([1, { attempt: 1, status_code: 500 }]);
  expect(linesOf(await run("events test --status failed --target laptop"))).toEqual([]);
  expect(linesOf(await run("events test --status retrying"))).toHaveLength(1);

  expect((await run(`replay --webhook test --target laptop --since 1h --dry-run`)).out).toBe(
    "Would deliver 2 events again: 2 deliveries.\n",
  );
  receiver.answerWith({});
  const listening = startListening({
    url: gateway.origin,
    key,
    args: ["test", "--to", receiver.url, "--name", "laptop"],
  });
  await listening.waitToTell(/Press Ctrl-C/);
  const replayed = await run(`replay ${id} --target laptop --wait`);
  expect([replayed.code, replayed.out]).toEqual([0, "Delivers the event to 1 target again.\nDelivered.\n"]);
  listening.signal("SIGINT");
  expect((await listening.finished).code).toBe(0);

  expect((await run("events nowhere")).code).toBe(4);
  expect((await run("replay")).code).toBe(2);
  expect((await run(`listen test --to ${receiver.url} --since 1h --types order.*`)).code).toBe(2);
  const away = { WEBHOOKER_URL: "http://127.0.0.1:1", WEBHOOKER_API_KEY: key };
  const unreachable = await run("events", { env: away });
  expect([unreachable.code, unreachable.out]).toEqual([5, ""]);
  expect(unreachable.err).toStartWith("webhooker: http://127.0.0.1:1 cannot be reached: ");
  expect((await run("send nowhere", { stdin: "{}" })).code).toBe(4);
  expect((await run(`send ${gateway.origin}/webhook/nowhere`, { stdin: "{}" })).code).toBe(1);
  expect((await run("logout")).code).toBe(0);
  expect((await run("events")).code).toBe(3);
});

test("a listener that is killed, cut off and left by the gateway loses nothing, and repeats what was in flight", async () => {
  const concurrency = 8;
  const kills = 2;
  const run = { events: 300, kills, freezeMs: 500, leaseMs: 1_000, concurrency };
  const { lost, repeats, told } = await runListenFaults(run);
  expect(lost).toBe(0);
  // At each kill, while the network is frozen, and when the gateway restarts.
  expect(repeats).toBeLessThanOrEqual((kills + 2) * concurrency);
  expect(told).toMatch(/Disconnected at .*\n.*Connected again after/);
});
