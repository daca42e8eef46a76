import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { openConfig } from "../../src/settings/sealed-config.ts";
import { readPolicy } from "../../src/targets/delivery-policy.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;
let of: { userId: string; webhookId: string };

const SECRET_URL = "https://hooks.example.com/services/T0/B0/very-secret";
const slack = { name: "Team", type: "slack", config: { url: SECRET_URL } };
const http = {
  name: "Warehouse",
  type: "http",
  config: { url: "https://example.com/in", headers: { Authorization: "Bearer abc", "X-Shop": "7" } },
};

beforeEach(async () => {
  all = createTestUseCases();
  const webhook = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  of = { userId: all.ada, webhookId: webhook.id };
});

afterEach(() => all.dispose());

/** The config as the delivery engine gets it. */
function opened(targetId: string): Record<string, unknown> {
  const row = all.mainDb.routing.findTarget(targetId);
  if (!row) throw new Error("no such target");
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  return openConfig({
    type: all.targetTypes.get(row.type),
    config: row.config,
    owner: `targets:${targetId}`,
    keys,
  });
}

describe("creating a target", () => {
  test("fills in the defaults of its type and policy", async () => {
    const { useCases, clock } = all;
    const made = await useCases.targets.create({
      ...of,
      input: { name: "Out", type: "http", config: { url: "https://example.com/in" } },
    });
    expect(made).toEqual({
      id: made.id,
      webhookId: of.webhookId,
      name: "Out",
      type: "http",
      active: true,
      pausedAt: null,
      deactivatedReason: null,
      config: {
        url: "https://example.com/in",
        append_path: false,
        connect_timeout_ms: 10_000,
        follow_redirects: false,
        drop_headers: [],
        forward_headers: [],
      },
      policy: readPolicy(),
      signing: { scheme: "v1", publicKey: null, previousUntil: null, isUsable: true },
      transformation: null,
      signingSecret: made.signingSecret ?? "",
      summary: "https://example.com/in",
      warning: null,
      createdAt: clock.now(),
      key: null,
      managedBy: null,
      updatedAt: clock.now(),
    });
    const { signingSecret: _once, ...shown } = made;
    expect(await useCases.targets.list(of)).toEqual([shown]);
  });

  test("stores its secrets encrypted and never shows them", async () => {
    const { useCases, mainDb } = all;
    const first = await useCases.targets.create({ ...of, input: slack });
    const second = await useCases.targets.create({ ...of, input: http });
    expect(first.config).toEqual({ url: "[secret]" });
    expect(second.config).toMatchObject({ headers: { Authorization: "[secret]", "X-Shop": "[secret]" } });
    const visible = JSON.stringify([
      first,
      second,
      await useCases.targets.list(of),
      mainDb.targets.list(of.webhookId),
    ]);
    expect(visible).not.toContain("very-secret");
    expect(visible).not.toContain("Bearer abc");
    expect(opened(first.id)).toEqual({ url: SECRET_URL });
    expect(opened(second.id)).toMatchObject(http.config);
  });

  test("routes new events to it at once, settled at ingest if its type requires it", async () => {
    const { useCases, mainDb } = all;
    const entrypoint = await useCases.entrypoints.create({ ...of, input: {} });
    const targetsOf = () => mainDb.routing.findRoute(entrypoint.id)?.targets;
    expect(targetsOf()).toEqual([]);
    const made = await useCases.targets.create({ ...of, input: { name: "Keep", type: "database" } });
    expect(targetsOf()).toEqual([{ id: made.id, settlesAtIngest: true }]);
    await useCases.targets.create({ ...of, input: { name: "Later", type: "log", active: false } });
    expect(targetsOf()).toHaveLength(1);
  });

  test("names every invalid field, also in its config, without repeating the input", async () => {
    const { create } = all.useCases.targets;
    const faults = async (input: unknown) =>
      (await appErrorOf(() => create({ ...of, input }))).details?.map((fault) => fault.path).sort();
    expect(await faults({ name: "", type: "log", max_attempts: 0, timeout_ms: 1 })).toEqual([
      "max_attempts",
      "name",
      "timeout_ms",
    ]);
    expect(await faults({ name: "x", type: "log", retry_strategy: "list" })).toEqual([
      "retry_delays_seconds",
    ]);
    expect(await faults({ name: "x", type: "log", no_retry_statuses: ["404", "?"] })).toEqual([
      "no_retry_statuses.1",
    ]);
    expect(await faults({ name: "x", type: "carrier-pigeon" })).toEqual(["type"]);
    expect(await faults({ ...http, config: { url: "ftp://example.com", colour: 1 } })).toEqual([
      "config.colour",
      "config.url",
    ]);
    expect(await faults({ ...slack, config: {} })).toEqual(["config.url"]);
    expect(await faults({ ...slack, config: { url: "[secret]" } })).toEqual(["config.url"]);
    const wrong = { ...slack, config: { url: "gopher://very-secret" } };
    const error = await appErrorOf(() => create({ ...of, input: wrong }));
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain("very-secret");
    expect(await all.useCases.targets.list(of)).toEqual([]);
  });
});

describe("changing a target", () => {
  test("keeps omitted policy, config and secrets", async () => {
    const { useCases, clock } = all;
    const made = await useCases.targets.create({
      ...of,
      input: { ...slack, max_attempts: null, timeout_ms: 5_000 },
    });
    const one = { ...of, targetId: made.id };
    clock.advance(5);
    const renamed = await useCases.targets.update({ ...one, input: { name: "Ops" } });
    expect(renamed).toEqual({ ...made, name: "Ops", updatedAt: clock.now() });
    const limited = await useCases.targets.update({ ...one, input: { max_attempts: 1 } });
    expect(limited.policy).toEqual({ ...readPolicy(), max_attempts: 1, timeout_ms: 5_000 });
    for (const config of [{}, { url: "[secret]" }, { url: "" }]) {
      await useCases.targets.update({ ...one, input: { config } });
      expect(opened(made.id)).toEqual({ url: SECRET_URL });
    }
    await useCases.targets.update({ ...one, input: { config: { url: "https://hooks.example.com/new" } } });
    expect(opened(made.id)).toEqual({ url: "https://hooks.example.com/new" });
  });

  test("accepts the shown config, with one header kept, one new and one removed", async () => {
    const { useCases } = all;
    const made = await useCases.targets.create({ ...of, input: http });
    const headers = { Authorization: "[secret]", "X-New": "1" };
    const { name, type, active, config } = made;
    const input = { name, type, active, config: { ...config, headers } };
    await useCases.targets.update({ ...of, targetId: made.id, input });
    expect(opened(made.id).headers).toEqual({ Authorization: "Bearer abc", "X-New": "1" });
  });

  test("cannot give it another type", async () => {
    const { useCases } = all;
    const made = await useCases.targets.create({ ...of, input: slack });
    const act = () => useCases.targets.update({ ...of, targetId: made.id, input: { type: "http" } });
    expect((await appErrorOf(act)).details?.[0]?.path).toBe("type");
  });

  test("reaches the delivery engine at once", async () => {
    const { useCases, mainDb } = all;
    const made = await useCases.targets.create({ ...of, input: http });
    const one = { ...of, targetId: made.id };
    expect(mainDb.routing.findTarget(made.id)).toMatchObject({ active: true, deleted: false });
    expect((await useCases.targets.setActive({ ...one, active: false })).active).toBe(false);
    expect(mainDb.routing.findTarget(made.id)).toMatchObject({ active: false, deleted: false });
    await useCases.targets.remove(one);
    expect(mainDb.routing.findTarget(made.id)).toMatchObject({ active: false, deleted: true });
    expect(await useCases.targets.list(of)).toEqual([]);
  });
});

describe("a target that the gateway disabled", () => {
  test("shows the reason until a person enables or disables it", async () => {
    const { useCases, mainDb } = all;
    const made = await useCases.targets.create({ ...of, input: http });
    const one = { ...of, targetId: made.id };
    const deactivate = () =>
      mainDb.targets.deactivate({ id: made.id, webhookId: of.webhookId, reason: "It is gone.", at: 9 });
    const decisions = [
      () => useCases.targets.setActive({ ...one, active: true }),
      () => useCases.targets.update({ ...one, input: { active: true } }),
      () => useCases.targets.setActive({ ...one, active: false }),
    ];
    for (const decide of decisions) {
      deactivate();
      expect(await useCases.targets.get(one)).toMatchObject({
        active: false,
        deactivatedReason: "It is gone.",
      });
      const renamed = await useCases.targets.update({ ...one, input: { name: "Away" } });
      expect(renamed.deactivatedReason).toBe("It is gone.");
      expect((await decide()).deactivatedReason).toBeNull();
    }
  });
});

describe("a target that cannot be used", () => {
  test("is still shown, and can be renamed and given new secrets, after the secret key was lost", async () => {
    const made = await all.useCases.targets.create({ ...of, input: slack });
    const { targets } = all.withSecretKey(2);
    const one = { ...of, targetId: made.id };
    const shown = await targets.get(one);
    expect(shown).toMatchObject({ name: "Team", config: { url: "[secret]" } });
    expect(shown.summary).toContain("Enter them again.");
    expect((await targets.update({ ...one, input: { name: "Ops" } })).name).toBe("Ops");
    const keep = () => targets.update({ ...one, input: { config: { url: "[secret]" } } });
    expect((await appErrorOf(keep)).kind).toBe("invalid");
    const cured = await targets.update({ ...one, input: { config: { url: SECRET_URL } } });
    expect(cured.summary).toBe("hooks.example.com");
  });

  test("is shown without its settings if its type is unknown", async () => {
    const row = all.addTarget({ webhookId: of.webhookId, type: "fax", config: { number: "v1.sealed" } });
    const [shown] = await all.useCases.targets.list(of);
    expect(shown).toMatchObject({ id: row.id, type: "fax", config: {} });
  });
});
