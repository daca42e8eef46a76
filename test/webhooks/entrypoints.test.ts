import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readSettings } from "../../src/settings/entrypoint-settings.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;
let of: { userId: string; webhookId: string };

beforeEach(async () => {
  all = createTestUseCases();
  const webhook = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  of = { userId: all.ada, webhookId: webhook.id };
});

afterEach(() => all.dispose());

describe("entrypoints", () => {
  test("are active, and have a name and a random id, by default", async () => {
    const { useCases, clock } = all;
    const made = await useCases.entrypoints.create({ ...of, input: {} });
    expect(made).toEqual({
      id: made.id,
      webhookId: of.webhookId,
      name: "Entrypoint",
      active: true,
      verification: null,
      settings: readSettings({}),
      showsUrl: true,
      createdAt: clock.now(),
      key: null,
      managedBy: null,
      updatedAt: clock.now(),
    });
    expect(made.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    const input = { name: "Returns", active: false };
    const paused = await useCases.entrypoints.create({ ...of, input });
    expect(paused).toMatchObject(input);
    const listed = await useCases.entrypoints.list(of);
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual(made);
  });

  test("are routed as soon as they exist, and follow every change at once", async () => {
    const { useCases, clock, mainDb } = all;
    const made = await useCases.entrypoints.create({ ...of, input: { name: "Orders" } });
    const one = { ...of, entrypointId: made.id };
    expect(mainDb.routing.findRoute(made.id)?.active).toBe(true);
    clock.advance(5);
    const paused = await useCases.entrypoints.setActive({ ...one, active: false });
    expect(paused).toEqual({ ...made, active: false, updatedAt: clock.now() });
    expect(mainDb.routing.findRoute(made.id)?.active).toBe(false);
    const changed = await useCases.entrypoints.update({ ...one, input: { name: "Sales" } });
    expect(changed).toEqual({ ...paused, name: "Sales" });
    await useCases.entrypoints.update({ ...one, input: { active: true } });
    expect(mainDb.routing.findRoute(made.id)?.active).toBe(true);
    await useCases.entrypoints.remove(one);
    expect(mainDb.routing.findRoute(made.id)).toBeNull();
    expect(await useCases.entrypoints.list(of)).toEqual([]);
  });

  test("refuse unknown and invalid fields", async () => {
    const input = { active: "yes", verification: {} };
    const error = await appErrorOf(() => all.useCases.entrypoints.create({ ...of, input }));
    expect(error.message).toBe("The entrypoint is not valid.");
    expect(error.details?.map((fault) => fault.path).sort()).toEqual(["active", "verification.type"]);
  });
});

describe("settings", () => {
  const create = (input: object) => all.useCases.entrypoints.create({ ...of, input });

  test("are stored only if they differ from the defaults, and changed one by one", async () => {
    const made = await create({ methods: ["POST", "PUT"], rate_limit: 10 });
    const { id: entrypointId } = made;
    const change = (input: object) => all.useCases.entrypoints.update({ ...of, entrypointId, input });
    const stored = () => all.mainDb.entrypoints.find({ id: entrypointId, webhookId: of.webhookId })?.settings;
    expect(made.settings).toEqual({ ...readSettings({}), methods: ["POST", "PUT"], rate_limit: 10 });
    expect((await change({ response_status: 202 })).settings).toMatchObject({
      methods: ["POST", "PUT"],
      response_status: 202,
    });
    await change({ name: "Another" });
    expect(stored()).toMatchObject({ rate_limit: 10 });
    await change({ methods: ["POST"], rate_limit: null, response_status: 200 });
    expect(stored()).toBeNull();
  });

  test("that would do harm are refused at their field", async () => {
    for (const [field, value] of [
      ["methods", []],
      ["methods", ["TRACE"]],
      ["response_status", 199],
      ["response_status", 302],
      ["response_headers", { "Set-Cookie": "a=b" }],
      ["response_headers", { "content-security-policy": "" }],
      ["response_headers", { "X-Webhooker-Event-Id": "x" }],
      ["response_headers", { "Content-Length": "1" }],
      ["response_headers", { "X-A": "b\r\nSet-Cookie: c=d" }],
      ["response_headers", { "X A": "b" }],
      ["response_headers", { "X-Accel-Redirect": "/internal" }],
      ["response_content_type", "text/plain\r\nx: y"],
      ["response_content_type", "text/html"],
      ["response_body", "x".repeat(20_000)],
      ["max_body_bytes", -1],
      ["rate_limit", 0],
      ["allowed_networks", ["10.0.0.0/33"]],
      ["allowed_networks", ["example.com"]],
      ["event_type_from", "$."],
      ["event_type_from", "two words"],
    ] as const) {
      const error = await appErrorOf(() => create({ [field]: value }));
      expect(error.kind).toBe("invalid");
      expect(error.details?.[0]?.path).toStartWith(field);
    }
  });

  test("that name a header of the response which cannot be set say what to do instead", async () => {
    for (const [name, message] of [
      ["Content-Type", "is set by response_content_type instead"],
      ["Set-Cookie", "is a header that cannot be set. Use a custom name, such as X-Answer."],
      ["X A", "is not a valid header name"],
    ] as const) {
      const error = await appErrorOf(() => create({ response_headers: { [name]: "text/xml" } }));
      expect(error.details).toEqual([{ path: `response_headers.${name}`, message }]);
    }
  });
});
