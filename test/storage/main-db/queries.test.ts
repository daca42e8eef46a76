import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { byMaking } from "../../../src/storage/main-db/order.ts";
import { sqliteCode } from "../../../src/storage/sqlite/sqlite.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { thrownBy } from "../../support/thrown.ts";

let db: TestMainDb;

beforeEach(() => {
  db = createTestMainDb();
});

afterEach(() => db.dispose());

describe("users", () => {
  test("share no username, whatever its case, until one is deleted", async () => {
    expect(db.mainDb.users.isEmpty()).toBe(true);
    db.addUser({ username: "ada" });
    expect(db.mainDb.users.isEmpty()).toBe(false);
    expect(sqliteCode(await thrownBy(() => db.addUser({ username: "ADA" })))).toBe(
      "SQLITE_CONSTRAINT_UNIQUE",
    );
    expect(db.mainDb.users.findByUsername("Ada")?.username).toBe("ada");
  });

  test("that are deleted are not found and leave their username free", () => {
    const gone = db.addUser({ username: "ada", deletedAt: 1 });
    expect(db.mainDb.users.find(gone.id)).toBeNull();
    expect(db.mainDb.users.findByUsername("ada")).toBeNull();
    expect(db.mainDb.users.list()).toEqual([]);
    expect(db.mainDb.users.isEmpty()).toBe(true);
    db.addUser({ username: "ada" });
  });
});

describe("webhooks", () => {
  test("are listed for their user alone, oldest first", () => {
    const [ada, bob] = [db.addUser(), db.addUser()];
    const first = db.addWebhook({ userId: ada.id });
    db.clock.advance(1);
    const settings = { retention_days: 7, retention_bytes: 5_000_000 };
    const second = db.addWebhook({ userId: ada.id, settings });
    db.clock.advance(1);
    const other = db.addWebhook({ userId: bob.id });
    expect(db.mainDb.webhooks.list(ada.id)).toEqual([first, second]);
    expect(db.mainDb.webhooks.listAll()).toEqual([
      { id: first.id, settings: null },
      { id: second.id, settings },
      { id: other.id, settings: null },
    ]);
  });

  test("take their entrypoints and targets with them when they are deleted, and no others", () => {
    const user = db.addUser();
    const [gone, kept] = [db.addWebhook({ userId: user.id }), db.addWebhook({ userId: user.id })];
    for (const webhookId of [gone.id, kept.id]) {
      db.addEntrypoint({ webhookId });
      db.addTarget({ webhookId });
    }
    db.mainDb.webhooks.softDelete({ id: gone.id, at: db.clock.now() });
    expect(db.mainDb.webhooks.find(gone.id)).toBeNull();
    expect(db.mainDb.webhooks.list(user.id)).toEqual([kept]);
    expect(db.mainDb.webhooks.listAll().map((row) => row.id)).toEqual([kept.id]);
    expect(db.mainDb.entrypoints.list(gone.id)).toEqual([]);
    expect(db.mainDb.targets.list(gone.id)).toEqual([]);
    expect(db.mainDb.entrypoints.list(kept.id)).toHaveLength(1);
    expect(db.mainDb.targets.list(kept.id)).toHaveLength(1);
  });

  test("are refused for a user who does not exist", async () => {
    const error = await thrownBy(() => db.addWebhook({ userId: newId() }));
    expect(sqliteCode(error)).toBe("SQLITE_CONSTRAINT_FOREIGNKEY");
  });
});

describe("writes that are prepared", () => {
  test("are made when they run, with their entries, and not before", () => {
    const { webhooks, entrypoints, targets, audit } = db.mainDb;
    const webhook = db.addWebhook({ userId: db.addUser().id });
    const [entrypoint, target] = [
      db.addEntrypoint({ webhookId: webhook.id, settings: { response_status: 202 } }),
      db.addTarget({ webhookId: webhook.id }),
    ];
    const [newEntrypoint, newTarget] = [
      { ...entrypoint, id: newId(), verification: { type: "github" } },
      { ...target, id: newId(), active: false, signing: null },
    ];
    const writes = [
      webhooks.updating({ before: webhook, after: { ...webhook, settings: { retention_days: 7 } } }),
      entrypoints.updating({ before: entrypoint, after: { ...entrypoint, settings: null, name: "In" } }),
      targets.updating({ before: target, after: { ...target, pausedAt: 5 } }),
      entrypoints.inserting(newEntrypoint),
      targets.inserting(newTarget),
      targets.deleting({ row: target, deletion: { ...target, at: 9 } }),
    ];
    expect(targets.list(webhook.id)).toEqual([target]);
    db.mainDb.together(() => {
      for (const write of writes) write();
    });
    expect(webhooks.find(webhook.id)?.settings).toEqual({ retention_days: 7 });
    expect(entrypoints.list(webhook.id)).toEqual(
      [{ ...entrypoint, settings: null, name: "In" }, newEntrypoint].toSorted(byMaking),
    );
    expect(targets.list(webhook.id)).toEqual([newTarget]);
    const { entries } = audit.search({ readerId: null, limit: writes.length });
    expect(entries.toReversed().map(({ action, fields }) => [action, JSON.parse(fields)])).toEqual([
      ["webhook.update", ["retention_days"]],
      ["entrypoint.update", ["name", "response_status"]],
      ["target.update", ["paused_at"]],
      ["entrypoint.create", []],
      ["target.create", []],
      ["target.delete", []],
    ]);
  });

  test("make a webhook of a reserved row, and of no other", () => {
    const { webhooks, configObjects } = db.mainDb;
    const userId = db.addUser().id;
    const living = db.addWebhook({ userId, key: "kept" });
    const wanted = { ...living, id: newId(), name: "New", key: "new", managedBy: "file" as const };
    expect(webhooks.insertingReserved(wanted)).toThrow();
    expect(webhooks.insertingReserved(living)).toThrow();
    configObjects.reserveWebhooks({ ids: [wanted.id], userId, at: 1 });
    expect(webhooks.find(wanted.id)).toBeNull();
    webhooks.insertingReserved(wanted)();
    expect(webhooks.find(wanted.id)).toEqual(wanted);
    expect(webhooks.insertingReserved(wanted)).toThrow();
    expect(webhooks.find(living.id)).toEqual(living);
  });

  test("add the version of a transformation that they said, or fail", () => {
    const { transformations } = db.mainDb;
    const { id: targetId } = db.addTarget({ webhookId: db.addWebhook({ userId: db.addUser().id }).id });
    const of = { targetId, at: 1 };
    const [one, other] = [
      transformations.adding({ ...of, code: "a" }),
      transformations.adding({ ...of, code: "b" }),
    ];
    expect([one.version, other.version, transformations.list(targetId)]).toEqual([1, 1, []]);
    one.write();
    expect(other.write).toThrow();
    transformations.adding({ ...of, code: "c" }).write();
    expect(transformations.list(targetId).map(({ version, code }) => [version, code])).toEqual([
      [2, "c"],
      [1, "a"],
    ]);
  });
});

describe("entrypoints and targets", () => {
  test("are found and changed only within their own webhook", () => {
    const user = db.addUser();
    const [mine, other] = [db.addWebhook({ userId: user.id }), db.addWebhook({ userId: user.id })];
    const entrypoint = db.addEntrypoint({ webhookId: mine.id });
    const target = db.addTarget({ webhookId: mine.id });
    const { entrypoints, targets } = db.mainDb;
    expect(entrypoints.find({ id: entrypoint.id, webhookId: other.id })).toBeNull();
    expect(targets.find({ id: target.id, webhookId: other.id })).toBeNull();
    entrypoints.softDelete({ id: entrypoint.id, webhookId: other.id, at: 1 });
    targets.softDelete({ id: target.id, webhookId: other.id, at: 1 });
    entrypoints.update({ ...entrypoint, webhookId: other.id, name: "Stolen" });
    targets.update({ ...target, webhookId: other.id, name: "Stolen" });
    expect(entrypoints.find(entrypoint)).toEqual(entrypoint);
    expect(targets.find(target)).toEqual(target);
  });

  test("come back as they were stored", () => {
    const webhook = db.addWebhook({ userId: db.addUser().id });
    const target = db.addTarget({
      webhookId: webhook.id,
      config: { headers: { "X-Ünï": "✓" }, nested: [1, null] },
      policy: { max_attempts: null },
    });
    const entrypoint = db.addEntrypoint({ webhookId: webhook.id, verification: { provider: "github" } });
    expect(db.mainDb.targets.list(webhook.id)).toEqual([target]);
    expect(db.mainDb.entrypoints.list(webhook.id)).toEqual([entrypoint]);
  });
});
