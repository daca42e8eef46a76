/** PUT /config and GET /config: what a document changes, what it leaves alone, and what it refuses. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { z } from "zod";
import { newUnguessableId } from "../../../src/lib/ids.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const applied = z.object({
  revision: z.string(),
  applied: z.boolean(),
  changes: z.array(
    z.object({
      action: z.string(),
      kind: z.string(),
      path: z.string(),
      id: z.string(),
      adopts: z.boolean(),
      fields: z.array(
        z.object({ field: z.string(), secret: z.boolean(), before: z.unknown(), after: z.unknown() }),
      ),
    }),
  ),
  kept: z.object({
    total: z.number(),
    objects: z.array(z.object({ path: z.string(), managed: z.boolean() })),
  }),
});

const SECRET = "a-secret-of-the-sender";
const CODE = "function transform(request) {\n  return request;\n}\n";
const SHOP = {
  name: "Web shop",
  retention_days: 9,
  entrypoints: {
    orders: { name: "Orders", verification: { type: "github", config: { secret: SECRET } } },
  },
  targets: {
    erp: {
      type: "http",
      config: { url: "https://erp.example/hooks", headers: { authorization: "Bearer of-the-erp" } },
      signing: { secret: `whsec_${Buffer.alloc(32, 7).toString("base64")}` },
      max_attempts: 3,
      transformation: { code: CODE },
    },
    log: { type: "log" },
  },
  notices: { target: "erp" },
};
const of = (webhooks: unknown) => ({ version: 1, webhooks });

async function put(document: unknown, more: object = {}, token = BOB_TOKEN) {
  const answer = await api.call("PUT", "/config", { json: { document, ...more }, token });
  return { ...answer, read: answer.status === 200 ? applied.parse(answer.body) : null };
}

async function apply(document: unknown, more: object = {}) {
  const { read, text } = await put(document, more);
  if (read === null) throw new Error(text);
  return read;
}

const ownWebhooks = () => api.parts.useCases.webhooks.list({ userId: api.bob });

async function shopId(): Promise<string> {
  const found = (await ownWebhooks()).find(({ key }) => key === "shop");
  if (!found) throw new Error("there is no shop");
  return found.id;
}

const names = (changes: z.infer<typeof applied>["changes"]) =>
  changes.map(({ action, path }) => `${action} ${path}`);

describe("a document", () => {
  test("is planned without any change, applied, and then has nothing left to change", async () => {
    const planned = await apply(of({ shop: SHOP }), { dry_run: true });
    expect(planned.applied).toBe(false);
    expect(names(planned.changes)).toEqual([
      "create webhooks.shop",
      "create webhooks.shop.entrypoints.orders",
      "create webhooks.shop.targets.erp",
      "create webhooks.shop.targets.log",
    ]);
    expect(await ownWebhooks()).toEqual([]);
    const done = await apply(of({ shop: SHOP }), { expected_revision: planned.revision });
    expect(done.applied).toBe(true);
    const again = await apply(of({ shop: SHOP }));
    expect(again).toMatchObject({ applied: false, changes: [], revision: done.revision });
  });

  test("tells a changed secret from an unchanged one, and the value of neither", async () => {
    const changed = structuredClone(SHOP);
    changed.entrypoints.orders.verification.config.secret = "another-secret";
    changed.targets.erp.config.headers.authorization = "Bearer of-another";
    changed.targets.erp.max_attempts = 4;
    const { text, read } = await put(of({ shop: changed }), { dry_run: true });
    expect(read?.changes.flatMap(({ fields }) => fields)).toEqual([
      { field: "verification.config.secret", secret: true, before: null, after: null },
      { field: "max_attempts", secret: false, before: "3", after: "4" },
      { field: "config.headers.authorization", secret: true, before: null, after: null },
    ]);
    for (const secret of ["another-secret", "of-another", SECRET, "of-the-erp", "whsec_"]) {
      expect(text).not.toContain(secret);
    }
  });

  test("keeps what it does not name, and says so; pruning deletes only what a file made", async () => {
    const webhookId = await shopId();
    const byHand = { userId: api.bob, webhookId, input: { name: "By hand", type: "log" } };
    await api.parts.useCases.targets.create(byHand);
    const { log: _log, ...targets } = SHOP.targets;
    const smaller = of({ shop: { ...SHOP, targets } });
    const kept = await apply(smaller);
    expect(kept).toMatchObject({ applied: false, changes: [], kept: { total: 2 } });
    expect(kept.kept.objects.map(({ managed }) => managed).sort()).toEqual([false, true]);
    const pruned = await apply(smaller, { prune: true });
    expect(names(pruned.changes)).toEqual(["delete webhooks.shop.targets.log"]);
    const left = await api.parts.useCases.targets.list({ userId: api.bob, webhookId });
    expect(left.map(({ name }) => name).sort()).toEqual(["By hand", "erp"]);
  });

  test("adopts an object of the same name that people made, with all it has", async () => {
    const { id } = await api.parts.useCases.webhooks.create({ userId: api.bob, input: { name: "Billing" } });
    const done = await apply(of({ bill: { name: "Billing", retention_days: 5 } }));
    expect(done.changes).toMatchObject([{ action: "update", path: "webhooks.bill", id, adopts: true }]);
    expect((await ownWebhooks()).find((each) => each.id === id)).toMatchObject({
      key: "bill",
      managedBy: "file",
      settings: { retention_days: 5 },
    });
  });

  test("renames by the key: id, URL and everything else stay", async () => {
    const webhookId = await shopId();
    const before = await api.parts.useCases.entrypoints.list({ userId: api.bob, webhookId });
    const renamed = structuredClone(SHOP);
    renamed.name = "Shop of the web";
    renamed.entrypoints.orders.name = "Purchases";
    const done = await apply(of({ shop: renamed }));
    expect(done.changes.map(({ path, fields }) => [path, fields.map(({ field }) => field)])).toEqual([
      ["webhooks.shop", ["name"]],
      ["webhooks.shop.entrypoints.orders", ["name"]],
      ["webhooks.shop.targets.log", []],
    ]);
    const after = await api.parts.useCases.entrypoints.list({ userId: api.bob, webhookId });
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(after[0]?.name).toBe("Purchases");
  });

  test("goes back to an earlier version of a transformation whose code it has again", async () => {
    const other = structuredClone(SHOP);
    other.targets.erp.transformation.code = CODE.replace("request;", "null;");
    await apply(of({ shop: other }));
    await apply(of({ shop: SHOP }));
    const all = await api.parts.useCases.targets.list({ userId: api.bob, webhookId: await shopId() });
    const erp = all.find(({ key }) => key === "erp");
    expect(erp?.transformation).toMatchObject({ version: 1, code: CODE });
  });
});

describe("an apply", () => {
  test("is refused if anything has changed since its plan", async () => {
    const { revision } = await apply(of({ shop: SHOP }), { dry_run: true });
    await api.parts.useCases.webhooks.create({ userId: api.bob, input: { name: "In between" } });
    const { status, text } = await put(of({ shop: SHOP }), { expected_revision: revision });
    expect(status).toBe(409);
    expect(text).toContain("revision_changed");
  });

  test("is refused beside another one: the first wins", async () => {
    const { revision } = await apply(of({ race: {} }), { dry_run: true });
    const more = { expected_revision: revision };
    const both = await Promise.all([put(of({ race: {} }), more), put(of({ race: { name: "Race" } }), more)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await ownWebhooks()).filter(({ key }) => key === "race")).toHaveLength(1);
  });

  test("is refused if anything changes while its event files are made, and leaves no webhook behind", async () => {
    const before = (await ownWebhooks()).length;
    const synced = spyOn(api.parts.mainDb, "synced").mockImplementationOnce(async () => {
      await api.parts.useCases.webhooks.update({
        userId: api.bob,
        webhookId: await shopId(),
        input: { retention_days: 77 },
      });
    });
    const { status } = await put(of({ late: {} }));
    expect([synced.mock.calls.length > 0, status]).toEqual([true, 409]);
    synced.mockRestore();
    expect(await ownWebhooks()).toHaveLength(before);
    expect(api.parts.mainDb.webhooks.listDeletedIds()).toEqual([]);
  });

  test("is all or nothing, the audit log included, and leaves no event file behind", async () => {
    const entries = () => api.parts.mainDb.audit.search({ readerId: null, limit: 100 }).entries.length;
    const [before, logged] = [await ownWebhooks(), entries()];
    const insert = spyOn(api.parts.mainDb.targets, "inserting").mockReturnValue(() => {
      throw new Error("the disk is gone");
    });
    const { status } = await put(
      of({ half: { entrypoints: { in: {} }, targets: { out: { type: "log" } } } }),
    );
    insert.mockRestore();
    expect(status).toBe(500);
    expect(await ownWebhooks()).toEqual(before);
    // Only the request that failed.
    expect(entries()).toBe(logged + 1);
  });

  test("names every fault with its place, and changes nothing", async () => {
    const { status, body } = await put(
      of({
        shop: { ...SHOP, retention_days: 0, notices: { target: "log" } },
        other: { entrypoints: { in: { verification: { type: "github", config: { secret: 7 } } } } },
      }),
    );
    expect(status).toBe(422);
    expect(body).toMatchObject({
      error: { details: [{ path: "webhooks.shop.retention_days", message: "must be at least 1" }] },
    });
    const deeper = await put(
      of({
        shop: {
          ...SHOP,
          targets: { ...SHOP.targets, store: { type: "database" } },
          notices: { target: "store" },
        },
        other: {
          entrypoints: { in: { verification: { type: "nobody" } } },
          targets: { to: { type: "http" } },
        },
      }),
    );
    expect(deeper.body).toMatchObject({
      error: {
        details: [
          { path: "webhooks.shop.notices.target" },
          { path: "webhooks.other.entrypoints.in.verification.type" },
          { path: "webhooks.other.targets.to.config.url" },
        ],
      },
    });
  });

  test("refuses placeholders that nobody has filled in, and documents too deep to walk", async () => {
    const placeholder = structuredClone(SHOP);
    placeholder.targets.erp.config.headers.authorization = `Bearer \${env:TOKEN}`;
    expect((await put(of({ shop: placeholder }))).status).toBe(422);
    let deep: unknown = 1;
    for (let level = 0; level < 5_000; level++) deep = [deep];
    expect((await put({ version: 1, webhooks: {}, deep })).status).toBe(422);
  });

  test("takes an entrypoint's id if it is free or was the user's own, and says the same of all others", async () => {
    const id = newUnguessableId();
    const withId = (key: string, given: string) => of({ [key]: { entrypoints: { in: { id: given } } } });
    await apply(withId("given", id));
    const refusals = [await put(withId("another", id)), await put(withId("another", api.entrypoint.id))];
    expect(refusals.map(({ status }) => status)).toEqual([422, 422]);
    expect(refusals[0]?.text).toBe(refusals[1]?.text ?? "");
    await apply(of({ shop: SHOP }), { prune: true });
    const again = await apply(withId("again", id));
    expect(again.changes.at(-1)).toMatchObject({ action: "create", kind: "entrypoint", id });
    expect(api.parts.mainDb.routing.findRoute(id)).not.toBeNull();
  });

  test("refuses the same id or external id twice, and an external id of another webhook", async () => {
    const id = newUnguessableId();
    const twice = await put(
      of({
        one: { external_id: "same", entrypoints: { a: { id }, b: { id } } },
        two: { external_id: "same" },
      }),
    );
    expect(twice.body).toMatchObject({
      error: {
        details: [
          { path: "webhooks.one.entrypoints.b.id", message: "is there twice" },
          { path: "webhooks.two.external_id", message: "is there twice" },
        ],
      },
    });
    await apply(of({ one: { external_id: "same" } }));
    const others = await put(of({ two: { external_id: "same" } }));
    expect(others.body).toMatchObject({ error: { details: [{ path: "webhooks.two.external_id" }] } });
    expect((await apply(of({ one: {} }))).changes).toEqual([]);
    const removed = await apply(of({ one: { external_id: null } }));
    expect(removed.changes[0]?.fields).toMatchObject([
      { field: "external_id", before: '"same"', after: "null" },
    ]);
  });

  test("shares webhooks with users and teams, and needs the scope admin for it", async () => {
    const member = { username: "ada", role: "viewer" };
    await apply(of({ shared: { members: [member] } }));
    const changed = await apply(of({ shared: { members: [{ ...member, role: "editor" }] } }));
    expect(changed.changes).toMatchObject([
      { action: "update", kind: "member", fields: [{ field: "role" }] },
    ]);
    const left = await apply(of({ shared: { members: [] } }));
    expect(left).toMatchObject({ changes: [], kept: { total: expect.any(Number) } });
    const { apiKeys } = api.parts;
    const { token } = apiKeys.create({
      userId: api.bob,
      name: "CI",
      scopes: ["webhooks:read", "webhooks:write"],
    });
    const noAdmin = await put(of({ shared: { members: [] } }), { prune: true }, token);
    expect(noAdmin.status).toBe(403);
    const unknown = await put(of({ shared: { members: [{ username: "nobody", role: "viewer" }] } }));
    expect(unknown.body).toMatchObject({
      error: { details: [{ path: "webhooks.shared.members.0.username" }] },
    });
  });

  test("touches no webhook of another user, shared or not", async () => {
    const { read } = await put(of({ shop: { name: "Shop" } }), { dry_run: true, prune: true }, BOB_TOKEN);
    expect(JSON.stringify(read)).not.toContain(api.webhook.id);
  });
});

describe("secrets", () => {
  test("appear neither in the audit log nor in the log nor in an export", async () => {
    const audit = JSON.stringify(api.parts.mainDb.audit.search({ readerId: null, limit: 200 }));
    const exported = (await api.call("GET", "/config", { token: BOB_TOKEN })).text;
    for (const text of [audit, JSON.stringify(api.lines), exported]) {
      for (const secret of ["another-secret", "of-another", SECRET, "of-the-erp", "whsec_"]) {
        expect(text).not.toContain(secret);
      }
    }
    expect(audit).toContain('"action":"target.create"');
  });
});
