import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { openConfig } from "../../src/settings/sealed-config.ts";
import { parseVerification } from "../../src/verification/stored-verification.ts";
import { createLearnedSecrets, type KeepLearned } from "../../src/webhooks/learned-secrets.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

const keys = createKeyRing(new Uint8Array(32).fill(1));
const { log, lines } = createRecordingLog();

let all: TestUseCases;
let of: { userId: string; webhookId: string; entrypointId: string };
let keep: KeepLearned;

beforeEach(async () => {
  lines.length = 0;
  all = createTestUseCases();
  const webhook = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  const inWebhook = { userId: all.ada, webhookId: webhook.id };
  const input = { verification: { type: "asana", config: {} } };
  const { id } = await all.useCases.entrypoints.create({ ...inWebhook, input });
  of = { ...inWebhook, entrypointId: id };
  keep = createLearnedSecrets({
    mainDb: all.mainDb,
    providers: all.providers,
    keys,
    log,
    clock: createFakeClock(),
  });
});
afterEach(() => all.dispose());

const learned = (secret: string, type = "asana") => ({ ...of, type, secret, remoteAddress: "203.0.113.9" });
const change = (verification: unknown) => all.useCases.entrypoints.update({ ...of, input: { verification } });

function stored(): unknown {
  const { type, config } = parseVerification(
    all.mainDb.routing.findRoute(of.entrypointId)?.verification ?? {},
  );
  return openConfig({ type: all.providers.get(type), config, owner: `entrypoints:${of.entrypointId}`, keys });
}

describe("a secret from a handshake", () => {
  test("is stored encrypted if there is none, and the log names the sender without the secret", async () => {
    expect(await keep(learned("first-secret"))).toBe(true);
    expect(stored()).toEqual({ secret: "first-secret" });
    expect(JSON.stringify(all.mainDb.entrypoints.list(of.webhookId))).not.toContain("first-secret");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({
      entrypoint_id: of.entrypointId,
      provider: "asana",
      remote_address: "203.0.113.9",
    });
    expect(JSON.stringify(lines)).not.toContain("first-secret");
  });

  test("is not replaced by a later one; the same one is accepted again", async () => {
    expect(await keep(learned("first-secret"))).toBe(true);
    for (const secret of ["another", "", "first-secret "]) expect(await keep(learned(secret))).toBe(false);
    expect(await keep(learned("first-secret"))).toBe(true);
    expect(stored()).toEqual({ secret: "first-secret" });
    expect(lines).toHaveLength(1);
  });

  test("is only one of many that arrive at the same moment", async () => {
    const given = Array.from({ length: 20 }, (_, n) => `secret-${n}`);
    const kept = await Promise.all(given.map((secret) => keep(learned(secret))));
    expect(kept.filter(Boolean)).toHaveLength(1);
    expect(stored()).toEqual({ secret: given[kept.indexOf(true)] ?? "" });
  });

  test("is accepted again once its owner has removed it", async () => {
    await keep(learned("first-secret"));
    await change({ type: "asana", config: { secret: null } });
    expect(await keep(learned("second-secret"))).toBe(true);
    expect(stored()).toEqual({ secret: "second-secret" });
  });

  test("changes nothing if the verification has changed meanwhile, or the entrypoint is gone", async () => {
    await change({ type: "clio", config: {} });
    expect(await keep(learned("late"))).toBe(false);
    expect(stored()).toEqual({});
    await change(null);
    expect(await keep(learned("late"))).toBe(false);
    await all.useCases.entrypoints.remove(of);
    expect(await keep(learned("late"))).toBe(false);
  });
});
