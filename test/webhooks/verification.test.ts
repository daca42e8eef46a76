import { afterEach, beforeEach, expect, test } from "bun:test";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { openConfig } from "../../src/settings/sealed-config.ts";
import { parseVerification } from "../../src/verification/stored-verification.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

const SECRET = "do-not-tell-this-secret";
const github = { type: "github", config: { secret: SECRET } };

let all: TestUseCases;
let of: { userId: string; webhookId: string };

beforeEach(async () => {
  all = createTestUseCases();
  const webhook = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  of = { userId: all.ada, webhookId: webhook.id };
});

afterEach(() => all.dispose());

async function create(verification: unknown) {
  const made = await all.useCases.entrypoints.create({ ...of, input: { verification } });
  const one = { ...of, entrypointId: made.id };
  const change = (input: unknown) => all.useCases.entrypoints.update({ ...one, input });
  return { made, one, change };
}

/** The config as ingestion gets it. */
function opened(entrypointId: string): unknown {
  const { type, config } = parseVerification(all.mainDb.routing.findRoute(entrypointId)?.verification ?? {});
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  return openConfig({ type: all.providers.get(type), config, owner: `entrypoints:${entrypointId}`, keys });
}

test("an entrypoint's verification is encrypted at rest, shown without secrets, and decrypted to what was sent", async () => {
  const { made } = await create(github);
  expect(made.verification).toEqual({ type: "github", config: { secret: "[secret]" }, fault: null });
  const [row] = all.mainDb.entrypoints.list(of.webhookId);
  expect(JSON.stringify(row)).not.toContain(SECRET);
  expect(opened(made.id)).toEqual({ secret: SECRET });
});

test("other changes keep it, null removes it, and another provider keeps none of its secrets", async () => {
  const { made, change } = await create(github);
  expect((await change({ name: "Orders" })).verification?.type).toBe("github");
  expect(opened(made.id)).toEqual({ secret: SECRET });
  const other = { type: "hmac", config: { header: "X-Signature" } };
  const error = await appErrorOf(() => change({ verification: other }));
  expect(error.details?.map(({ path }) => path)).toEqual(["verification.config.secret"]);
  expect((await change({ verification: null })).verification).toBeNull();
  expect(all.mainDb.routing.findRoute(made.id)?.verification).toBeNull();
});

test("a secret is kept if it is left out or sent back as shown, and a previous one is removed with null", async () => {
  const { made, change } = await create(github);
  for (const config of [undefined, {}, { secret: "" }, made.verification?.config]) {
    await change({ verification: { type: "github", config } });
    expect(opened(made.id)).toEqual({ secret: SECRET });
  }
  await change({ verification: { type: "github", config: { secret: "new", previous_secret: SECRET } } });
  await change({ verification: { type: "github", config: {} } });
  expect(opened(made.id)).toEqual({ secret: "new", previous_secret: SECRET });
  await change({ verification: { type: "github", config: { previous_secret: null } } });
  expect(opened(made.id)).toEqual({ secret: "new" });
});

test("an unknown type, an unknown field and a missing secret are refused, each at its field", async () => {
  const faults: readonly (readonly [verification: unknown, path: string])[] = [
    [{ type: "nobody", config: {} }, "verification.type"],
    [{ type: "github", config: {} }, "verification.config.secret"],
    [{ type: "github", config: { secret: "[secret]" } }, "verification.config.secret"],
    [{ type: "github", config: { secret: "a", more: 1 } }, "verification.config.more"],
    [{ type: "github", config: [] }, "verification.config"],
    [{ config: {} }, "verification.type"],
  ];
  for (const [verification, path] of faults) {
    const error = await appErrorOf(() => create(verification));
    expect([error.kind, error.details?.map((fault) => fault.path)]).toEqual(["invalid", [path]]);
    expect(JSON.stringify(error.details)).not.toContain("nobody");
  }
});

test("with another secret key the fault is shown, and the secret can be entered again", async () => {
  const { made, one } = await create(github);
  const { entrypoints } = all.withSecretKey(2);
  expect((await entrypoints.get(one)).verification?.fault).toContain("SECRET_KEY");
  const kept = await appErrorOf(() =>
    entrypoints.update({ ...one, input: { verification: { type: "github" } } }),
  );
  expect(kept.kind).toBe("invalid");
  const mended = await entrypoints.update({ ...one, input: { verification: github } });
  expect([mended.id, mended.verification?.fault]).toEqual([made.id, null]);
});
