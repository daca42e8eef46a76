/** A main database that an earlier version made keeps what is in it when this version opens it. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { isId, timeOfId } from "../../../src/lib/ids.ts";
import { readWebhookSettings } from "../../../src/settings/webhook-settings.ts";
import { mainMigrations } from "../../../src/storage/main-db/migrations/index.ts";
import { openMainDb } from "../../../src/storage/main-db/open.ts";
import { migrate, NEWER_DATABASE } from "../../../src/storage/sqlite/migrate.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { appErrorOf } from "../../support/thrown.ts";

const BEFORE_WEBHOOK_SETTINGS = mainMigrations.slice(0, 8);

let folder: string;
let path: string;

beforeEach(() => {
  folder = makeTestFolder("migrations");
  path = join(folder, "webhooker.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

function withDatabase<T>(act: (db: Database) => T): T {
  const db = new Database(path);
  try {
    return act(db);
  } finally {
    db.close();
  }
}

type OldWebhook = Readonly<{
  id: string;
  retention_days?: number;
  retention_bytes?: number;
  notices?: string;
  deleted_at?: number;
}>;

function makeOld(webhooks: readonly OldWebhook[]): void {
  withDatabase((db) => {
    migrate(db, BEFORE_WEBHOOK_SETTINGS, "main database");
    db.run("INSERT INTO users VALUES ('ada', 'ada', '!', 'user', NULL, 1, 1, NULL)");
    for (const { id, retention_days, retention_bytes, notices, deleted_at } of webhooks) {
      db.run(
        `INSERT INTO webhooks (id, user_id, name, retention_days, created_at, updated_at, deleted_at, retention_bytes, notices, events_lost_at)
         VALUES (?, 'ada', 'Shop', ?, 1, 2, ?, ?, ?, 3)`,
        [id, retention_days ?? null, deleted_at ?? null, retention_bytes ?? null, notices ?? null],
      );
      db.run("INSERT INTO entrypoints VALUES (?, ?, 'Orders', 1, NULL, 1, 1, NULL, NULL)", [`in-${id}`, id]);
    }
  });
}

describe("a webhook's settings, which had columns of their own,", () => {
  const notices = { target_id: null, email: "ops@example.com", on: ["target_failing"] };

  test("are carried over, and nothing else of the row changes", () => {
    makeOld([
      { id: "none" },
      { id: "days", retention_days: 7 },
      { id: "all", retention_days: 1, retention_bytes: 5_000_000, notices: JSON.stringify(notices) },
    ]);
    const mainDb = openMainDb({ path, clock: createFakeClock() });
    const rows = mainDb.webhooks.list("ada");
    const entrypoints = mainDb.entrypoints.list("all");
    mainDb.close();
    const times = { createdAt: 1, updatedAt: 2, deletedAt: null, eventsLostAt: 3 };
    const row = { userId: "ada", name: "Shop", key: null, managedBy: null, externalId: null, ...times };
    const days = { retention_days: 7, retention_bytes: null, notices: null };
    expect(rows).toEqual([
      { ...row, id: "all", settings: { retention_days: 1, retention_bytes: 5_000_000, notices } },
      { ...row, id: "days", settings: days },
      { ...row, id: "none", settings: null },
    ]);
    expect(rows.map(({ settings }) => readWebhookSettings(settings).retention_days)).toEqual([1, 7, null]);
    expect(entrypoints).toMatchObject([{ id: "in-all", name: "Orders" }]);
    withDatabase((db) => {
      expect(db.query("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      expect(db.query("PRAGMA foreign_key_check").all()).toEqual([]);
    });
  });

  test("are carried over for deleted webhooks too, and damaged notices do not keep the others back", () => {
    makeOld([
      { id: "gone", retention_days: 7, deleted_at: 9 },
      { id: "odd", retention_days: 8, notices: '{"email":' },
    ]);
    openMainDb({ path, clock: createFakeClock() }).close();
    const rows = withDatabase((db) => db.query("SELECT id, settings FROM webhooks ORDER BY id").all());
    expect(rows).toEqual([
      { id: "gone", settings: '{"retention_days":7,"retention_bytes":null,"notices":null}' },
      { id: "odd", settings: '{"retention_days":8,"retention_bytes":null,"notices":null}' },
    ]);
  });

  test("have no columns any more, and the version before refuses the file and leaves it as it is", async () => {
    makeOld([{ id: "days", retention_days: 7 }]);
    openMainDb({ path, clock: createFakeClock() }).close();
    const version = () => withDatabase((db) => db.query("PRAGMA user_version").get());
    const opened = version();
    const error = await appErrorOf(() =>
      withDatabase((db) => migrate(db, BEFORE_WEBHOOK_SETTINGS, "main database")),
    );
    expect([error.kind, error.code]).toEqual(["unavailable", NEWER_DATABASE]);
    expect(version()).toEqual(opened);
    const columns = withDatabase((db) => db.query<{ name: string }, []>("PRAGMA table_info(webhooks)").all());
    const names = columns.map(({ name }) => name);
    expect(names).toContain("settings");
    for (const name of ["retention_days", "retention_bytes", "notices"]) expect(names).not.toContain(name);
  });
});

test("problems that went on are open after an upgrade, as told, with their subjects' names", () => {
  makeOld([{ id: "one" }]);
  withDatabase((db) => {
    db.run("INSERT INTO troubles VALUES ('in-one', 'entrypoint_silent', 'one', 1790000000000)");
  });
  const mainDb = openMainDb({ path, clock: createFakeClock() });
  const [problem] = mainDb.problems.listOpen();
  mainDb.close();
  expect(problem).toMatchObject({
    webhookId: "one",
    kind: "entrypoint_silent",
    subjectId: "in-one",
    subjectName: "Orders",
    since: 1_790_000_000_000,
    isTold: true,
    overAt: null,
  });
  expect(problem && isId(problem.id) && timeOfId(problem.id)).toBe(1_790_000_000_000);
});

test("sessions of before identities go on, as if a password had begun them", () => {
  makeOld([]);
  const until = Date.now() * 2;
  withDatabase((db) => {
    db.run("INSERT INTO sessions VALUES ('hash', 'ada', 1, 2, ?, 'Firefox', '192.0.2.1')", [until]);
  });
  const mainDb = openMainDb({ path, clock: createFakeClock() });
  const found = mainDb.sessions.find("hash");
  const linked = mainDb.identities.list("ada");
  mainDb.close();
  expect(found?.session).toMatchObject({ signedInBy: "password", verifiedAt: 0, expiresAt: until });
  expect(linked).toEqual([]);
});

test("event types, what is refused and the look of portals stay, and no file manages them", () => {
  withDatabase((db) => {
    migrate(db, mainMigrations.slice(0, 25), "main database");
    db.run("INSERT INTO users VALUES ('ada', 'ada', '!', 'user', NULL, 1, 1, NULL)");
    db.run("INSERT INTO event_types VALUES ('t', 'ada', 'order.paid', 'Paid.', '{}', '[1]', 1, 2)");
    db.run("INSERT INTO event_type_checks VALUES ('ada', 'types')");
    db.run("INSERT INTO portal_settings VALUES ('ada', 'https://app.example.com', 'Acme', NULL, NULL)");
  });
  const mainDb = openMainDb({ path, clock: createFakeClock() });
  try {
    const { eventTypes, portals, configObjects } = mainDb;
    const described = { name: "order.paid", description: "Paid.", schema: "{}", example: "[1]" };
    const made = { id: "t", userId: "ada", managedBy: null, createdAt: 1, updatedAt: 2 };
    expect(eventTypes.list("ada")).toEqual([{ ...made, ...described }]);
    expect(eventTypes.settingsOf("ada")).toEqual({ check: "types", managedBy: null });
    expect(portals.settingsOf("ada")).toMatchObject({ name: "Acme", managedBy: null });
    expect(configObjects.revisionOf("ada")).toBe(0);
    eventTypes.removeSettings("ada");
    expect(configObjects.revisionOf("ada")).toBe(1);
  } finally {
    mainDb.close();
  }
});
