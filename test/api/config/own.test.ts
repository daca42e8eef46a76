/** A document beside webhooks: event types and settings of a user, by the rules that hold for webhooks. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { z } from "zod";
import { startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  await api.useCases.webhooks.remove({ userId: api.ada, webhookId: api.webhook.id });
});
afterEach(() => api.stop());

const applied = z.object({
  revision: z.string(),
  changes: z.array(
    z.object({
      action: z.string(),
      kind: z.string(),
      path: z.string(),
      id: z.string(),
      name: z.string(),
      adopts: z.boolean(),
      fields: z.array(z.looseObject({ field: z.string() })),
    }),
  ),
  kept: z.object({
    objects: z.array(z.object({ path: z.string(), name: z.string(), managed: z.boolean() })),
  }),
});

const PAID = {
  name: "invoice.paid",
  description: "Paid.",
  schema: { type: "object", required: ["invoice"], properties: { invoice: { type: "integer" } } },
  example: { invoice: 1042 },
};
const LOOK = { name: "Acme", colour: "#e11d48", origin: "https://app.example.com" };
const ALL = {
  portal_settings: LOOK,
  event_type_settings: { check: "schemas" },
  event_types: [PAID, { name: "ping" }],
};

const put = (document: object, more: object = {}) =>
  api.call("PUT", "/config", { json: { document: { version: 1, webhooks: {}, ...document }, ...more } });

async function apply(document: object, more: object = {}) {
  const { status, body, text } = await put(document, more);
  if (status !== 200) throw new Error(text);
  return applied.parse(body);
}

const told = ({ changes }: z.infer<typeof applied>) =>
  changes.map(({ action, path, name }) => [action, path, name].filter((part) => part !== "").join(" "));
const types = () => api.useCases.eventTypes.list({ userId: api.ada });
const typeNamed = async (name: string) => (await types()).find((type) => type.name === name);
const look = () => api.useCases.portals.settingsOf(api.ada);
const catalogue = () => api.useCases.eventTypes.settingsOf(api.ada);

describe("event types and settings", () => {
  test("are planned without any change, applied, and then have nothing left to change", async () => {
    const planned = await apply(ALL, { dry_run: true });
    expect(told(planned)).toEqual([
      "create portal_settings",
      "create event_type_settings",
      "create event_types.0 invoice.paid",
      "create event_types.1 ping",
    ]);
    expect([await types(), look().name, (await catalogue()).check]).toEqual([[], null, "off"]);
    await apply(ALL, { expected_revision: planned.revision });
    expect(await typeNamed("invoice.paid")).toMatchObject({ ...PAID, managedBy: "file" });
    expect(await typeNamed("ping")).toMatchObject({ description: "", schema: null, example: null });
    expect(look()).toEqual({ ...LOOK, logo: null, managedBy: "file" });
    expect(await catalogue()).toEqual({ check: "schemas", managedBy: "file" });
    expect((await apply(ALL)).changes).toEqual([]);
    const { entries } = api.mainDb.audit.search({ readerId: api.ada, limit: 4 });
    expect(entries.toReversed().map(({ action }) => action)).toEqual([
      "portal.update",
      "event_type_settings.update",
      "event_type.create",
      "event_type.create",
    ]);
  });

  test("that people made are adopted by their name, and lose what the file does not say", async () => {
    const { eventTypes, portals } = api.useCases;
    const made = await eventTypes.create({ userId: api.ada, input: { ...PAID, description: "By hand." } });
    await portals.setSettings({
      userId: api.ada,
      input: { name: "By hand", logo: "data:image/png;base64,AAAA" },
    });
    const { changes } = await apply({ ...ALL, event_types: [{ name: PAID.name, schema: PAID.schema }] });
    const fields = (path: string) =>
      changes.find((change) => change.path === path)?.fields.map(({ field }) => field);
    expect(fields("event_types.0")).toEqual(["managed_by", "description", "example"]);
    expect(fields("portal_settings")).toEqual(["managed_by", "origin", "name", "colour", "logo"]);
    expect(changes.map(({ action, adopts }) => [action, adopts])).toEqual([
      ["update", true],
      ["create", false],
      ["update", true],
    ]);
    expect(await typeNamed(PAID.name)).toMatchObject({ id: made.id, description: "", example: null });
    expect(look().logo).toBeNull();
  });

  test("are brought back after changes by hand, which names are told of", async () => {
    await apply(ALL);
    const { eventTypes, portals } = api.useCases;
    const { id = "" } = (await typeNamed(PAID.name)) ?? {};
    await eventTypes.update({ userId: api.ada, id, input: { schema: { ...PAID.schema, required: [] } } });
    await eventTypes.setCheck({ userId: api.ada, input: { check: "off" } });
    await portals.setSettings({ userId: api.ada, input: { colour: null } });
    expect((await typeNamed(PAID.name))?.managedBy).toBe("file");
    const { changes } = await apply(ALL);
    expect(changes.map(({ path, fields }) => [path, fields])).toEqual([
      ["portal_settings", [{ field: "colour", secret: false, before: "null", after: '"#e11d48"' }]],
      ["event_type_settings", [{ field: "check", secret: false, before: '"off"', after: '"schemas"' }]],
      ["event_types.0", [{ field: "schema.required", secret: false, before: "[]", after: '["invoice"]' }]],
    ]);
    expect((await apply(ALL)).changes).toEqual([]);
  });

  test("that the file does not name stay, and pruning removes only what came from a file", async () => {
    await apply(ALL);
    await api.useCases.eventTypes.create({ userId: api.ada, input: { name: "by.hand" } });
    const { kept, changes } = await apply({});
    expect([changes, kept.objects.map(({ path, name, managed }) => [path, name, managed])]).toEqual([
      [],
      [
        ["portal_settings", "", true],
        ["event_type_settings", "", true],
        ["event_types", "by.hand", false],
        ["event_types", PAID.name, true],
        ["event_types", "ping", true],
      ],
    ]);
    expect(told(await apply({ event_types: [PAID] }, { prune: true }))).toEqual([
      "delete portal_settings",
      "delete event_type_settings",
      "delete event_types ping",
    ]);
    expect((await types()).map(({ name }) => name)).toEqual(["by.hand", PAID.name]);
    expect([look(), await catalogue()]).toEqual([
      { name: null, colour: null, logo: null, origin: null, managedBy: null },
      { check: "off", managedBy: null },
    ]);
    await api.useCases.portals.setSettings({ userId: api.ada, input: { name: "By hand" } });
    expect(told(await apply({ event_types: [PAID] }, { prune: true }))).toEqual([]);
    expect(look().name).toBe("By hand");
  });

  test("that people change after the plan make it a conflict, and nothing is done", async () => {
    const { eventTypes, portals } = api.useCases;
    const userId = api.ada;
    const changes = [
      () => eventTypes.create({ userId, input: { name: "other" } }),
      async () =>
        eventTypes.update({ userId, id: (await typeNamed("other"))?.id ?? "", input: { example: 1 } }),
      async () => eventTypes.remove({ userId, id: (await typeNamed("other"))?.id ?? "" }),
      () => eventTypes.setCheck({ userId, input: { check: "types" } }),
      () => eventTypes.setCheck({ userId, input: { check: "off" } }),
      () => portals.setSettings({ userId, input: { name: "Other" } }),
      () => portals.setSettings({ userId, input: { name: null } }),
    ];
    for (const change of changes) {
      const { revision } = await apply(ALL, { dry_run: true });
      await change();
      expect((await put(ALL, { expected_revision: revision })).status).toBe(409);
    }
    expect([(await types()).length, look().name]).toEqual([0, null]);
  });

  test("are all applied with the webhooks, or none is", async () => {
    const failing = spyOn(api.mainDb.targets, "inserting").mockReturnValue(() => {
      throw new Error("the disk is gone");
    });
    const { status } = await put({ ...ALL, webhooks: { shop: { targets: { log: { type: "log" } } } } });
    failing.mockRestore();
    expect([status, await types(), look().name, await catalogue()]).toEqual([
      500,
      [],
      null,
      { check: "off", managedBy: null },
    ]);
  });

  test("name every fault with its place, those of webhooks too", async () => {
    const { status, body } = await put({
      portal_settings: { colour: "red", origin: "https://a.example/page", size: 1 },
      event_type_settings: { check: "some" },
      event_types: [
        { name: "two words" },
        { description: "no name" },
        { ...PAID, schema: "none" },
        { name: "placeholder", description: `\${env:NONE}` },
      ],
      webhooks: { shop: { retention_days: 0 } },
    });
    expect(status).toBe(422);
    const paths = z.object({ error: z.object({ details: z.array(z.object({ path: z.string() })) }) });
    expect(paths.parse(body).error.details.map(({ path }) => path)).toEqual([
      "portal_settings.colour",
      "portal_settings.origin",
      "portal_settings.size",
      "event_type_settings.check",
      "event_types.0.name",
      "event_types.1.name",
      "event_types.2.schema",
      "event_types.3.description",
      "webhooks.shop.retention_days",
    ]);
    const deeper = await put({
      event_types: [
        PAID,
        { name: "a", schema: { properties: { b: { pattern: "c" } } } },
        { name: "b", example: "x".repeat(33 * 1024) },
        PAID,
      ],
    });
    expect(paths.parse(deeper.body).error.details.map(({ path }) => path)).toEqual([
      "event_types.1.schema.properties.b.pattern",
      "event_types.2.example",
      "event_types.3.name",
    ]);
  });

  test("are no more than a catalogue may have, with those that stay", async () => {
    const { eventTypes } = api.useCases;
    await eventTypes.create({ userId: api.ada, input: { name: "by.hand" } });
    const full = { event_types: Array.from({ length: 500 }, (_, n) => ({ name: `type-${n}` })) };
    const refused = await put(full);
    expect(refused.body).toMatchObject({
      error: {
        details: [
          { path: "event_types", message: "would be more than 500 with the 1 of your catalogue that stay" },
        ],
      },
    });
    expect((await put({ event_types: [...full.event_types, { name: "one more" }] })).status).toBe(422);
    await eventTypes.remove({ userId: api.ada, id: (await typeNamed("by.hand"))?.id ?? "" });
    expect((await apply(full)).changes).toHaveLength(500);
    const others = { event_types: full.event_types.map(({ name }) => ({ name: `other-${name}` })) };
    expect((await put(others)).status).toBe(422);
    expect((await apply(others, { prune: true })).changes).toHaveLength(1_000);
  });

  test("are not managed any more once that is ended, and an apply manages them again", async () => {
    await apply(ALL);
    for (const path of ["/event-types/unmanage", "/portal-settings/unmanage"]) {
      expect((await api.call("POST", path)).status).toBe(204);
    }
    expect(look()).toEqual({ ...LOOK, logo: null, managedBy: null });
    expect(await catalogue()).toEqual({ check: "schemas", managedBy: null });
    expect((await types()).map(({ managedBy }) => managedBy)).toEqual([null, null]);
    expect((await api.call("GET", "/portal-settings")).body).toEqual({
      ...LOOK,
      logo: null,
      managed_by: null,
    });
    const { changes } = await apply(ALL);
    expect(changes.every(({ adopts, fields }) => adopts && fields.length === 1)).toBe(true);
    expect(changes).toHaveLength(4);
    expect((await api.call("GET", "/event-type-settings")).body).toEqual({
      check: "schemas",
      managed_by: "file",
    });
  });

  test("of one user are no business of another's file", async () => {
    await apply(ALL);
    const { bob } = api;
    const asked = {
      userId: bob,
      dryRun: false,
      prune: true,
      expectedRevision: null,
      requireMembers: () => undefined,
    };
    await api.useCases.applyConfig({ ...asked, document: { version: 1, webhooks: {} } });
    expect((await types()).length).toBe(2);
    expect(look().managedBy).toBe("file");
  });
});
