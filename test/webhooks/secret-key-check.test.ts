/** Another secret key than that of the stored secrets is told at the start, for as long as there are such. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { checkSecretKey } from "../../src/webhooks/secret-key-check.ts";
import { createRecordingLog, type LogLine } from "../support/recording-log.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;

beforeEach(() => {
  all = createTestUseCases();
});
afterEach(() => all.dispose());

/** What a start with that key logs; secrets are sealed with 1. */
function start(fill: number): readonly LogLine[] {
  const { log, lines } = createRecordingLog();
  checkSecretKey({ mainDb: all.mainDb, keys: createKeyRing(new Uint8Array(32).fill(fill)), log });
  return lines;
}

async function storeSecrets(): Promise<void> {
  const { useCases, ada: userId } = all;
  const { id: webhookId } = await useCases.webhooks.create({ userId, input: { name: "Shop" } });
  const verification = { type: "github", config: { secret: "hush" } };
  await useCases.entrypoints.create({ userId, webhookId, input: { name: "a", verification } });
  const config = { url: "http://127.0.0.1/", headers: { Authorization: "Bearer hush" } };
  await useCases.targets.create({ userId, webhookId, input: { name: "b", type: "http", config } });
}

test("the same key is nothing to tell", async () => {
  expect(start(1)).toEqual([]);
  await storeSecrets();
  expect(start(1)).toEqual([]);
});

test("another key is told as an error at each start, with how many secrets it does not open and the cure", async () => {
  start(1);
  await storeSecrets();
  for (let time = 0; time < 2; time++) {
    const [line, ...more] = start(2);
    expect(more).toEqual([]);
    expect(line?.level).toBe("error");
    // The signing secret of the target is the third.
    expect(line?.fields.unreadable_secrets).toBe(3);
    expect(String(line?.fields.cure)).toContain("SECRET_KEY");
    expect(JSON.stringify(line)).not.toContain("hush");
  }
  expect(start(1)).toEqual([]);
});

test("another key is taken where there is no secret that it does not open", async () => {
  start(1);
  expect(start(2)).toEqual([]);
  await storeSecrets();
  // Those are sealed with 1, which the check is no longer for, but opens them all.
  expect(start(1)).toEqual([]);
  expect(start(2)).toHaveLength(1);
});
