/** GET /config: what is exported and applied to an empty gateway is exported there again, byte for byte. */
import { expect, test } from "bun:test";
import { parse } from "yaml";
import { z } from "zod";
import { toYaml } from "../../../src/cli/client/config/config-commands.ts";
import { ADA_TOKEN, startTestApi, type TestApi } from "../../support/test-api.ts";

const exported = z.object({ document: z.record(z.string(), z.unknown()) });

async function exportFrom(api: TestApi): Promise<Record<string, unknown>> {
  return exported.parse((await api.call("GET", "/config", { token: ADA_TOKEN })).body).document;
}

/** Fills in what a person would have in their environment: any secrets that the providers take. */
function filledIn(document: unknown): unknown {
  const signing = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
  const text = JSON.stringify(document).replace(/\$\{env:(\w+)\}/g, (_, name: string) =>
    name.endsWith("SIGNING_SECRET") ? signing : "filled-in",
  );
  return JSON.parse(text);
}

/** Everything that a file can say, made by hand. */
async function furnish({ parts, ada, webhook, entrypoint, bob }: TestApi): Promise<void> {
  const { webhooks, entrypoints, targets, members, teams, eventTypes, portals } = parts.useCases;
  const of = { userId: ada, webhookId: webhook.id };
  const http = await targets.create({
    ...of,
    input: {
      name: "Warehouse",
      type: "http",
      config: {
        url: "https://warehouse.example/in",
        headers: { authorization: "Bearer secret", "x-a": "b" },
      },
      max_attempts: null,
      event_types: ["order.*"],
      filter: { body: { total: { $gt: 10 } } },
      transformation: { code: "function transform(request) {\n  return request;\n}\n" },
    },
  });
  await targets.create({ ...of, input: { name: "Später: Ä", type: "pull", active: false } });
  await targets.create({
    ...of,
    input: {
      name: "Unsigned",
      type: "http",
      config: { url: "https://a.example" },
      signing: { scheme: "none" },
    },
  });
  await entrypoints.update({
    ...of,
    entrypointId: entrypoint.id,
    input: {
      verification: { type: "github", config: { secret: "of-github" } },
      rate_limit: 5,
      methods: ["PUT"],
    },
  });
  await webhooks.update({
    ...of,
    input: { retention_days: 3, indexed_fields: ["n=$.n"], notices: { target_id: http.id } },
  });
  const other = await webhooks.create({
    userId: ada,
    input: { name: "Shop", notices: { target_id: http.id } },
  });
  const schema = {
    type: "object",
    properties: { b: true, 10: { const: null }, a: { enum: ["yes", 1e21, "\u2028"] } },
  };
  for (const input of [
    {
      name: "order.paid",
      description: "First line\n\n  second: #line ",
      schema,
      example: { z: [], a: "2026-01-01" },
    },
    { name: "~", description: "null", schema: false, example: "" },
    { name: "constructor", example: [null, "on", 0.1, { "": {} }] },
    { name: "__proto__" },
  ]) {
    await eventTypes.create({ userId: ada, input });
  }
  await eventTypes.setCheck({ userId: ada, input: { check: "types" } });
  const logo = "data:image/svg+xml;base64,PHN2Zy8+";
  await portals.setSettings({ userId: ada, input: { logo, name: "#1", origin: "https://app.example.com" } });
  await members.add({ ...of, input: { username: "bob", role: "viewer" } });
  parts.mainDb.teams.insert({ id: crypto.randomUUID(), name: "Support", createdAt: 1, updatedAt: 1 });
  await members.add({ userId: ada, webhookId: other.id, input: { team: "Support", role: "editor" } });
  expect([bob, teams]).toBeDefined();
}

test("an export is the same after it was applied to an empty gateway, and its plan is then empty", async () => {
  const first = await startTestApi();
  const second = await startTestApi();
  try {
    await furnish(first);
    const document = await exportFrom(first);
    const text = JSON.stringify(document);
    for (const secret of ["Bearer secret", "of-github", "whsec_"]) expect(text).not.toContain(secret);
    await second.parts.useCases.webhooks.remove({ userId: second.ada, webhookId: second.webhook.id });
    second.parts.mainDb.teams.insert({
      id: crypto.randomUUID(),
      name: "Support",
      createdAt: 1,
      updatedAt: 1,
    });
    // As a person has it, in a file.
    const apply = { document: filledIn(parse(toYaml(document))) };
    const answer = await second.call("PUT", "/config", { json: apply });
    expect(answer.body).toMatchObject({ applied: true });
    expect(JSON.stringify(await exportFrom(second))).toBe(text);
    expect((await second.call("PUT", "/config", { json: apply })).body).toMatchObject({ changes: [] });
    // The URL stayed.
    expect(second.parts.mainDb.routing.findRoute(first.entrypoint.id)).not.toBeNull();
    // On the gateway that it came from, it adopts every object.
    const adopted = await first.call("PUT", "/config", { json: { ...apply, dry_run: true } });
    const kinds = z
      .object({
        changes: z.array(z.object({ action: z.string(), kind: z.string() })),
        kept: z.object({ total: z.number() }),
      })
      .parse(adopted.body);
    expect(kinds.kept.total).toBe(0);
    expect(new Set(kinds.changes.map(({ action }) => action))).toEqual(new Set(["update"]));
  } finally {
    await Promise.all([first.stop(), second.stop()]);
  }
});

test("an export may be of one webhook, and of no one else's", async () => {
  const api = await startTestApi();
  try {
    const { webhook, bob } = api;
    const one = await api.call("GET", `/config?webhook_id=${webhook.id}`);
    expect(
      Object.keys(
        z.object({ webhooks: z.object({}).loose() }).parse(exported.parse(one.body).document).webhooks,
      ),
    ).toEqual(["shop"]);
    await api.parts.useCases.eventTypes.create({ userId: api.ada, input: { name: "order.paid" } });
    const again = exported.parse((await api.call("GET", `/config?webhook_id=${webhook.id}`)).body).document;
    expect(Object.keys(again)).toEqual(["version", "webhooks"]);
    const theirs = await api.parts.useCases.webhooks.create({ userId: bob, input: { name: "Bob's" } });
    expect((await api.call("GET", `/config?webhook_id=${theirs.id}`)).status).toBe(404);
  } finally {
    await api.stop();
  }
});
