/** A main database in a folder of its own, with a fake clock and functions that insert rows. */
import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { newId, newUnguessableId } from "../../src/lib/ids.ts";
import { type Background, type MainDb, openMainDb } from "../../src/storage/main-db/open.ts";
import type { EntrypointRow, TargetRow, UserRow, WebhookRow } from "../../src/storage/main-db/tables.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { makeTestFolder } from "./folder.ts";
import { placeMainDb } from "./prepared-main-db.ts";

export type TestMainDb = Readonly<{
  mainDb: MainDb;
  clock: FakeClock;
  directory: string;
  path: string;
  addUser: (values?: Partial<UserRow>) => UserRow;
  /** Disables or deletes a user behind the program's back. */
  changeUser: (id: string, values: { disabledAt?: number; deletedAt?: number }) => void;
  addWebhook: (values: Partial<WebhookRow> & { userId: string }) => WebhookRow;
  addEntrypoint: (values: Partial<EntrypointRow> & { webhookId: string }) => EntrypointRow;
  addTarget: (values: Partial<TargetRow> & { webhookId: string }) => TargetRow;
  /** Opens a second connection to the same file, as another process would. */
  reopen: () => MainDb;
  /** Closes every connection and removes the folder. */
  dispose: () => void;
}>;

/** Opens one of the newest schema. Without `background` every commit is synced before it returns. */
export function createTestMainDb(clock: FakeClock = createFakeClock(), background?: Background): TestMainDb {
  const directory = makeTestFolder("main-db");
  const path = join(directory, "data", "webhooker.db");
  placeMainDb(path);
  const mainDb = openMainDb({ path, clock, ...(background && { background }) });
  const opened = [mainDb];

  function born(): { createdAt: number; updatedAt: number; deletedAt: null } {
    return { createdAt: clock.now(), updatedAt: clock.now(), deletedAt: null };
  }

  const unmanaged = { key: null, managedBy: null };

  function inserted<Row>(queries: { insert: (row: Row) => void }, row: Row): Row {
    queries.insert(row);
    return row;
  }

  return {
    mainDb,
    clock,
    directory,
    path,
    addUser(values) {
      const id = newId();
      const defaults = { id, username: `user-${id}`, passwordHash: "!", disabledAt: null, ...born() };
      return inserted(mainDb.users, { ...defaults, role: "user", ...values });
    },
    changeUser(id, values) {
      const db = new Database(path);
      for (const [column, value] of [
        ["disabled_at", values.disabledAt],
        ["deleted_at", values.deletedAt],
      ] as const) {
        if (value !== undefined) db.run(`UPDATE users SET ${column} = ? WHERE id = ?`, [value, id]);
      }
      db.close();
    },
    addWebhook(values) {
      const defaults = {
        id: newId(),
        name: "Shop",
        eventsLostAt: null,
        externalId: null,
        settings: null,
        ...unmanaged,
        ...born(),
      };
      return inserted(mainDb.webhooks, { ...defaults, ...values });
    },
    addEntrypoint(values) {
      const defaults = { id: newUnguessableId(), name: "Orders", active: true };
      const door = { verification: null, settings: null, ...unmanaged };
      return inserted(mainDb.entrypoints, { ...defaults, ...door, ...born(), ...values });
    },
    addTarget(values) {
      const kind = {
        type: "http",
        active: true,
        pausedAt: null,
        deactivatedReason: null,
        signing: null,
        transformationVersion: null,
        settlesAtIngest: false,
        ...unmanaged,
      };
      const settings = { config: { url: "http://127.0.0.1:9/" }, policy: {} };
      const defaults = { id: newId(), name: "Warehouse", ...kind, ...settings, ...born() };
      return inserted(mainDb.targets, { ...defaults, ...values });
    },
    reopen() {
      const other = openMainDb({ path, clock });
      opened.push(other);
      return other;
    },
    dispose() {
      for (const db of opened) db.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
