/** An apply during which the gateway is killed: all of it is there afterwards, or nothing. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { listOf, webhookSchema } from "../../src/api/schemas.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

const WEBHOOKS = 30;
let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.remove());

/** Event files, without the files of SQLite beside them. */
function eventFiles(): readonly string[] {
  const all = readdirSync(join(gateway.folder, "data"), { recursive: true, encoding: "utf8" });
  return all.filter((name) => /[0-9a-f-]{36}\.db$/.test(name));
}

async function webhookNames(): Promise<readonly string[]> {
  const answer = await gateway.api.request("GET", "/webhooks");
  return listOf(webhookSchema)
    .parse(await answer.json())
    .data.map(({ name }) => name);
}

const documentOf = (round: number) => ({
  version: 1,
  webhooks: Object.fromEntries(
    Array.from({ length: WEBHOOKS }, (_, index) => [
      `round-${round}-${index}`,
      { entrypoints: { in: {} }, targets: { out: { type: "log" } } },
    ]),
  ),
});

/** Kills the gateway once so many event files of an apply are there. */
async function killAfter(files: number, round: number): Promise<void> {
  const before = eventFiles().length;
  const answer = gateway.api.request("PUT", "/config", { document: documentOf(round) }).catch(() => null);
  let isAnswered = false;
  void answer.then(() => {
    isAnswered = true;
  });
  while (!isAnswered && eventFiles().length < before + files) await new Promise(setImmediate);
  await gateway.kill9();
  await answer;
  await gateway.start();
}

test("kill -9 in the middle of an apply leaves all of it or nothing, and no gap in the audit log", async () => {
  const rounds = [1, Math.floor(WEBHOOKS / 2), WEBHOOKS, WEBHOOKS];
  for (const [round, files] of rounds.entries()) {
    await killAfter(files, round);
    const made = (await webhookNames()).filter((name) => name.startsWith(`round-${round}-`));
    expect([files, [0, WEBHOOKS].includes(made.length)]).toEqual([files, true]);
    // A start removes files of webhooks that were never finished, in the background.
    const { length } = await webhookNames();
    while (eventFiles().length > length) await new Promise(setImmediate);
    expect(eventFiles()).toHaveLength(length);
    const check = await gateway.run(["check"]);
    expect([check.code, check.err]).toEqual([0, ""]);
    // Whatever is missing is made by the same apply again.
    const again = await gateway.api.request("PUT", "/config", { document: documentOf(round) });
    const { changes } = z.object({ changes: z.array(z.unknown()) }).parse(await again.json());
    expect(changes).toHaveLength(made.length === 0 ? WEBHOOKS * 3 : 0);
  }
});
