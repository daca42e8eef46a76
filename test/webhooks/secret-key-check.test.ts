/** A start with another secret key than the stored secrets' is logged for as long as such secrets exist. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { redact } from "../../src/observability/log-redaction.ts";
import { checkSecretKey } from "../../src/webhooks/secret-key-check.ts";
import { createRecordingLog, type LogLine } from "../support/recording-log.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;

beforeEach(() => {
  all = createTestUseCases();
});
afterEach(() => all.dispose());

/** Returns a start's log with this key; secrets are encrypted with key 1. */
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

test("the same key logs nothing", async () => {
  expect(start(1)).toEqual([]);
  await storeSecrets();
  expect(start(1)).toEqual([]);
});

test("another key is logged as an error at each start, with the number of unreadable secrets and a hint", async () => {
  start(1);
  await storeSecrets();
  for (let time = 0; time < 2; time++) {
    const [line, ...more] = start(2);
    expect(more).toEqual([]);
    expect(line?.level).toBe("error");
    // The target's signing secret is the third.
    expect(redact(line?.fields ?? {}).unreadable).toBe(3);
    expect(String(line?.fields.hint)).toContain("SECRET_KEY");
    expect(JSON.stringify(line)).not.toContain("hush");
  }
  expect(start(1)).toEqual([]);
});

test("another key is accepted if it decrypts every secret", async () => {
  start(1);
  expect(start(2)).toEqual([]);
  await storeSecrets();
  // These are encrypted with key 1, which is no longer the known key but decrypts all of them.
  expect(start(1)).toEqual([]);
  expect(start(2)).toHaveLength(1);
});

test("the secret of a second factor is one of them", () => {
  start(1);
  const secret = createKeyRing(new Uint8Array(32).fill(1)).seal("x", `second_factors:${all.ada}:secret`);
  all.mainDb.secondFactors.put({ id: all.ada, secret, lastStep: 1, createdAt: 1 }, []);
  expect(start(2).map(({ fields }) => redact(fields).unreadable)).toEqual([1]);
  expect(start(1)).toEqual([]);
});

test("in a cluster another key is refused, whether or not a secret is stored: the copies belong to all", () => {
  start(1);
  all.mainDb.replication.join({ born: "log", position: 1, role: "following" });
  expect(start(1)).toEqual([]);
  expect(() => start(2)).toThrow("SECRET_KEY is not the key of the cluster");
});
