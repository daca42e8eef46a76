/** The audit log gets an entry in the transaction of each change, and shows whether it is as it was written. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { DAY_MS } from "../../../../src/lib/clock.ts";
import { actAs, beginAct } from "../../../../src/observability/acting.ts";
import { listAuditFaults } from "../../../../src/storage/main-db/audit/faults.ts";
import { createTestMainDb, type TestMainDb } from "../../../support/main-db.ts";

let main: TestMainDb;

beforeEach(() => {
  main = createTestMainDb();
});
afterEach(() => main.dispose());

function withDatabase<T>(act: (db: Database) => T): T {
  const db = new Database(main.path);
  try {
    return act(db);
  } finally {
    db.close();
  }
}

const faults = () => withDatabase(listAuditFaults);
const entries = (readerId: string | null = null) =>
  main.mainDb.audit.search({ readerId, limit: 1_000 }).entries;
const actions = () => entries().map(({ action }) => action);

/** Runs statements of an attacker with the file, or of a bug, that the triggers prevent. */
function tamper(...statements: readonly string[]): void {
  withDatabase((db) => {
    db.run("DROP TRIGGER audit_log_never_changes");
    db.run("DROP TRIGGER audit_log_goes_by_age");
    for (const statement of statements) db.run(statement);
  });
}

describe("a change of a person's objects", () => {
  test("adds who did what on which object, with the changed fields and no values", async () => {
    const { id: userId, username } = main.addUser();
    const webhook = main.addWebhook({ userId, name: "Shop" });
    const target = main.addTarget({ webhookId: webhook.id, name: "Warehouse" });
    const who = { userId, sessionId: "s1", remoteAddress: "192.0.2.1", requestId: "r1" };
    const config = { ...target.config, url: "https://example.com/secret-path", method: "PUT" };
    await actAs(beginAct({ via: "dashboard", ...who }), () =>
      main.mainDb.targets.update({ ...target, name: "Depot", config, policy: { max_attempts: 3 } }),
    );
    const [entry] = entries();
    expect(entry).toMatchObject({
      number: 4,
      at: main.clock.now(),
      via: "dashboard",
      user_id: userId,
      username,
      session_id: "s1",
      key_id: null,
      remote_address: "192.0.2.1",
      request_id: "r1",
      action: "target.update",
      outcome: "done",
      object_id: target.id,
      object_name: "Depot",
      webhook_id: webhook.id,
      webhookName: "Shop",
      owner_id: userId,
    });
    expect(JSON.parse(entry?.fields ?? "")).toEqual(["name", "config.url", "config.method", "max_attempts"]);
    expect(JSON.stringify(entries())).not.toContain("secret-path");
  });

  test("adds one entry for each kind of change, in their order", () => {
    const { mainDb } = main;
    const user = main.addUser();
    const webhook = main.addWebhook({ userId: user.id });
    const entrypoint = main.addEntrypoint({ webhookId: webhook.id });
    const target = main.addTarget({ webhookId: webhook.id });
    mainDb.webhooks.update({ ...webhook, settings: { retention_days: 7 } });
    mainDb.entrypoints.update({ ...entrypoint, active: false });
    mainDb.targets.deactivate({ ...target, reason: "gone", at: 1 });
    mainDb.targets.deactivate({ ...target, reason: "gone again", at: 2 });
    mainDb.targets.softDelete({ ...target, at: 3 });
    mainDb.entrypoints.softDelete({ ...entrypoint, at: 3 });
    mainDb.webhooks.softDelete({ id: webhook.id, at: 3 });
    mainDb.users.setPasswordHash({ id: user.id, passwordHash: "?", at: 4 });
    mainDb.users.setDisabledAt({ id: user.id, disabledAt: 5, at: 5 });
    mainDb.users.setDisabledAt({ id: user.id, disabledAt: null, at: 6 });
    expect(actions().toReversed()).toEqual([
      "user.create",
      "webhook.create",
      "entrypoint.create",
      "target.create",
      "webhook.update",
      "entrypoint.update",
      "target.update",
      "target.delete",
      "entrypoint.delete",
      "webhook.delete",
      "user.update",
      "user.disable",
      "user.enable",
    ]);
    expect(faults()).toEqual([]);
  });

  test("adds nothing if it changes nothing, and nothing without its commit", () => {
    const user = main.addUser();
    const webhook = main.addWebhook({ userId: user.id });
    const before = entries();
    main.mainDb.webhooks.update({ ...webhook, updatedAt: webhook.updatedAt + 1 });
    expect(() => main.mainDb.webhooks.insert({ ...webhook })).toThrow();
    expect(() => main.mainDb.users.insert({ ...user })).toThrow();
    expect(entries()).toEqual(before);
  });

  test("is not made if its entry cannot be added", () => {
    const user = main.addUser();
    const webhook = main.addWebhook({ userId: user.id, name: "Shop" });
    withDatabase((db) =>
      db.run("CREATE TRIGGER no_entry BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END"),
    );
    expect(() => main.mainDb.webhooks.update({ ...webhook, name: "Other" })).toThrow("full");
    expect(() => main.mainDb.webhooks.softDelete({ id: webhook.id, at: 1 })).toThrow("full");
    expect(main.mainDb.webhooks.find(webhook.id)?.name).toBe("Shop");
  });

  test("that a request left running belongs to the gateway once the request is over", async () => {
    const over = Promise.withResolvers<void>();
    let later = Promise.resolve();
    await actAs(beginAct({ via: "api", userId: "u1" }), () => {
      main.addUser({ username: "at-once" });
      later = over.promise.then(() => void main.addUser({ username: "later" }));
    });
    over.resolve();
    await later;
    expect(entries().map(({ object_name, via }) => [object_name, via])).toEqual([
      ["later", "gateway"],
      ["at-once", "api"],
    ]);
  });

  test("is chained to the one before, also of many in one transaction, and after one that was rolled back", () => {
    const { mainDb } = main;
    const userId = main.addUser().id;
    const many = () => {
      for (let n = 0; n < 3; n++) main.addWebhook({ userId });
    };
    mainDb.together(many);
    const failing = () =>
      mainDb.together(() => {
        many();
        throw new Error("no");
      });
    expect(failing).toThrow("no");
    main.addWebhook({ userId });
    mainDb.together(many);
    expect(entries().map(({ number }) => number)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(faults()).toEqual([]);
  });

  test("by another process takes the next number", () => {
    const other = main.reopen();
    const user = main.addUser();
    other.users.setDisabledAt({ id: user.id, disabledAt: 1, at: 1 });
    main.addUser();
    expect(entries().map(({ number }) => number)).toEqual([3, 2, 1]);
    expect(faults()).toEqual([]);
  });
});

describe("the audit log as it was written", () => {
  beforeEach(() => {
    for (let n = 0; n < 10; n++) main.addUser({ username: `user-${n}` });
  });

  test("has no faults, and refuses changes", () => {
    expect(faults()).toEqual([]);
    withDatabase((db) => {
      expect(() => db.run("UPDATE audit_log SET user_id = 'x' WHERE number = 3")).toThrow("append-only");
      expect(() => db.run("DELETE FROM audit_log WHERE number = 3")).toThrow("append-only");
    });
  });

  test("differs from one with a changed, a missing, a moved or a cut entry", () => {
    const cases: [string, string][] = [
      ["UPDATE audit_log SET object_name = 'nobody' WHERE number = 3", "entry 3 was changed"],
      ["DELETE FROM audit_log WHERE number = 3", "entry 3 is missing"],
      ["DELETE FROM audit_log WHERE number BETWEEN 1 AND 4", "entries 1 to 4 are missing"],
      ["DELETE FROM audit_log WHERE number >= 9", "entries 9 to 10 are missing"],
      ["DELETE FROM audit_log", "entries 1 to 10 are missing"],
      ["UPDATE audit_log SET number = 11 WHERE number = 10", "entry 10 is missing"],
      ["DELETE FROM audit_log_ends", "its ends are missing"],
      ["UPDATE audit_log_ends SET last_hash = 'x'", "entry 10 was changed"],
    ];
    for (const [statement, fault] of cases) {
      withDatabase((db) => {
        db.run("BEGIN");
        db.run("DROP TRIGGER audit_log_never_changes");
        db.run("DROP TRIGGER audit_log_goes_by_age");
        db.run(statement);
        db.run("COMMIT");
      });
      expect(faults()).toEqual([`the audit log is not as it was written: ${fault}`]);
      main.dispose();
      main = createTestMainDb();
      for (let n = 0; n < 10; n++) main.addUser({ username: `user-${n}` });
    }
  });

  test("stays sound when old entries are deleted, in steps, and new ones are added", () => {
    const { audit } = main.mainDb;
    for (let n = 0; n < 110; n++) audit.add({ action: "server.check" });
    main.clock.advance(DAY_MS);
    for (let n = 0; n < 5; n++) audit.add({ action: "server.check" });
    expect(audit.pruneStep(main.clock.now())).toBe(true);
    expect(faults()).toEqual([]);
    expect(audit.pruneStep(main.clock.now())).toBe(false);
    expect(entries().map(({ number }) => number)).toEqual([125, 124, 123, 122, 121]);
    expect(audit.pruneStep(main.clock.now())).toBe(false);
    main.clock.advance(1);
    expect(audit.pruneStep(main.clock.now())).toBe(false);
    expect(entries()).toEqual([]);
    expect(faults()).toEqual([]);
    audit.add({ action: "server.check" });
    expect(entries().map(({ number }) => number)).toEqual([126]);
    expect(faults()).toEqual([]);
    tamper("DELETE FROM audit_log WHERE number = 126");
    expect(faults()).toEqual(["the audit log is not as it was written: entry 126 is missing"]);
  });
});

describe("a search of the audit log", () => {
  test("shows users what they did and what was done to their objects, and nothing else", () => {
    const { mainDb } = main;
    const ada = main.addUser();
    const bob = main.addUser();
    const adas = main.addWebhook({ userId: ada.id, name: "Ada's" });
    const bobs = main.addWebhook({ userId: bob.id, name: "Bob's" });
    const by = (userId: string) => beginAct({ via: "api", userId }).actor;
    mainDb.audit.add({ action: "webhook.update", webhookId: adas.id, by: by(bob.id) });
    mainDb.audit.add({ action: "webhook.delete", webhookId: adas.id, outcome: "refused", by: by(bob.id) });
    const numbersOf = (id: string) => entries(id).map(({ number }) => number);
    expect(numbersOf(ada.id)).toEqual([5, 3, 1]);
    expect(numbersOf(bob.id)).toEqual([6, 5, 4, 2]);
    expect(entries(bob.id).some(({ webhook_id }) => webhook_id === bobs.id)).toBe(true);
    expect(entries()).toHaveLength(6);
  });

  test("filters by who, what, on what and when, page by page", () => {
    const { mainDb, clock } = main;
    const user = main.addUser();
    const webhook = main.addWebhook({ userId: user.id });
    const target = main.addTarget({ webhookId: webhook.id });
    clock.advance(1_000);
    const since = clock.now();
    for (const name of ["a", "b", "c"]) mainDb.targets.update({ ...target, name });
    const found = (wanted: object) =>
      mainDb.audit.search({ readerId: null, limit: 10, ...wanted }).entries.map(({ number }) => number);
    expect(found({ action: "target" })).toEqual([6, 5, 4, 3]);
    expect(found({ action: "target.create" })).toEqual([3]);
    expect(found({ action: "targ" })).toEqual([]);
    expect(found({ objectId: webhook.id })).toEqual([6, 5, 4, 3, 2]);
    expect(found({ objectId: target.id, to: since })).toEqual([3]);
    expect(found({ from: since })).toEqual([6, 5, 4]);
    expect(found({ userId: user.id })).toEqual([]);
    expect(found({ via: "gateway", outcome: "refused" })).toEqual([]);
    const first = mainDb.audit.search({ readerId: null, action: "target", limit: 3 });
    expect(first).toMatchObject({ nextBefore: 4, stoppedEarly: false });
    const rest = mainDb.audit.search({ readerId: null, action: "target", limit: 3, before: 4 });
    expect(rest.entries.map(({ number }) => number)).toEqual([3]);
    expect(rest.nextBefore).toBeNull();
  });

  test("reads a bounded number of entries, and says where to go on", () => {
    const { audit } = main.mainDb;
    audit.add({ action: "needle.find" });
    for (let n = 0; n < 2_500; n++) audit.add({ action: "server.check" });
    const find = (before?: number) => audit.search({ readerId: null, action: "needle", before, limit: 10 });
    expect(find()).toEqual({ entries: [], nextBefore: 1_502, stoppedEarly: true });
    expect(find(1_502)).toEqual({ entries: [], nextBefore: 502, stoppedEarly: true });
    expect(find(502)).toMatchObject({ entries: [{ number: 1 }], nextBefore: null, stoppedEarly: false });
    expect(audit.search({ readerId: null, limit: 10 })).toMatchObject({ nextBefore: 2_492 });
    expect(audit.search({ readerId: null, limit: 10, before: 11 })).toMatchObject({ nextBefore: null });
  });
});
