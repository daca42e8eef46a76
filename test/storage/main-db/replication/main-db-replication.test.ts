/** A main database that is part of a cluster captures changes or refuses them, and follows the log exactly once. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { openMainDb } from "../../../../src/storage/main-db/open.ts";
import { explainRefusedChange } from "../../../../src/storage/main-db/replication/refused-change.ts";
import { REFUSAL } from "../../../../src/storage/main-db/replication/triggers.ts";
import { thrownBy } from "../../../support/thrown.ts";
import { BORN, type Copies, contentOf, createCopies, withConnection } from "./copies.ts";

let copies: Copies;

beforeEach(() => {
  copies = createCopies();
});
afterEach(() => copies.dispose());

function sync(): void {
  copies.ship();
  copies.follow();
}

const positionOf = ({ mainDb }: Copies["follower"]) => mainDb.replication.state()?.position;
const nameOf = (id: string) => copies.follower.mainDb.webhooks.find(id)?.name;

describe("a following copy", () => {
  test("applies what it has not applied yet, also after it was closed, and nothing twice", () => {
    const { leader, follower, log } = copies;
    const { id: userId } = leader.addUser();
    const webhook = leader.addWebhook({ userId, name: "one" });
    sync();
    leader.mainDb.webhooks.update({ ...webhook, name: "two" });
    sync();
    expect(positionOf(follower)).toBe(log.length);
    const reopened = follower.reopen();
    const stale = { id: webhook.id, user_id: userId, name: "stale", created_at: 1, updated_at: 1 };
    const none = { created: [], deleted: [] };
    expect(reopened.replication.apply([{ table: "webhooks", row: stale }], log.length)).toEqual(none);
    expect(nameOf(webhook.id)).toBe("two");
    leader.mainDb.webhooks.update({ ...webhook, name: "three" });
    copies.ship();
    copies.follow(reopened);
    expect(nameOf(webhook.id)).toBe("three");
    expect(reopened.replication.state()).toEqual({
      born: BORN,
      position: log.length,
      syncedPosition: 0,
      role: "following",
      keeps: true,
      hasUnshipped: false,
      eventSchema: null,
    });
  });

  test("gets a transaction that took several entries of the log only as a whole", () => {
    const { leader, follower, log, follow } = copies;
    const { id: userId } = leader.addUser();
    sync();
    const before = contentOf(follower);
    leader.mainDb.together(() => {
      for (let n = 0; n < 20; n++) leader.addWebhook({ userId });
    });
    copies.ship(1_000);
    expect(log.length).toBeGreaterThan(10);
    const last = log.splice(-1);
    follow();
    expect(contentOf(follower)).toEqual(before);
    log.push(...last);
    follow();
    expect(contentOf(follower)).toEqual(contentOf(leader));
    expect(positionOf(follower)).toBe(log.length);
  });

  test("refuses changes of every process, and says where they are made", async () => {
    const { follower, leader } = copies;
    const { id: userId } = leader.addUser();
    const webhook = leader.addWebhook({ userId });
    sync();
    expect(() => follower.mainDb.webhooks.update({ ...webhook, name: "mine" })).toThrow(REFUSAL);
    const statements = [
      "DELETE FROM users",
      "INSERT OR IGNORE INTO teams VALUES ('t', 'Ops', 1, 1)",
      "UPDATE users SET role = 'admin'",
      "REPLACE INTO secret_key_check VALUES (1, 'x')",
    ];
    for (const statement of statements) {
      expect(() => withConnection(follower.path, (db) => db.run(statement))).toThrow(REFUSAL);
    }
    expect(contentOf(follower)).toEqual(contentOf(leader));
    expect(follower.mainDb.replication.state()?.hasUnshipped).toBe(false);
    const refused = await thrownBy(() => follower.addUser());
    expect(explainRefusedChange(refused)).toMatchObject({ kind: "conflict", code: "not_leading" });
    const other = new Error("other");
    expect(explainRefusedChange(other)).toBe(other);
  });

  test("enforces foreign keys again when it leads", () => {
    const { leader, follower } = copies;
    leader.addUser();
    sync();
    follower.mainDb.replication.lead();
    expect(() => follower.addWebhook({ userId: "nobody" })).toThrow("FOREIGN KEY");
  });
});

test("only a following database applies rows", () => {
  const { replication } = copies.leader.mainDb;
  expect(() => replication.apply([{ table: "users", gone: { id: "x" } }], 1)).toThrow("following");
  expect(replication.state()?.position).toBe(0);
});

test("a follower that comes to lead captures changes, and an old leader refuses them", () => {
  const { leader, follower } = copies;
  leader.mainDb.replication.follow();
  expect(() => leader.addUser()).toThrow(REFUSAL);
  follower.mainDb.replication.lead();
  const { id } = follower.addUser();
  const batch = follower.mainDb.replication.outbox(1_000_000);
  leader.mainDb.replication.apply(batch?.changes ?? [], 1);
  expect(leader.mainDb.users.find(id)?.id).toBe(id);
});

test("a copy of the leader's file with changes that are not in the log yet catches up by the log", () => {
  const { leader, follower, log } = copies;
  const { id: userId } = leader.addUser();
  const webhook = leader.addWebhook({ userId });
  const late = { ...webhook, id: "late", externalId: "1" };
  leader.mainDb.webhooks.insert(late);
  sync();
  // Later rows take what earlier ones give up: the copy has the last state when the first comes from the log.
  leader.mainDb.webhooks.update({ ...webhook, externalId: "2" });
  copies.ship();
  leader.mainDb.secretKeyCheck.replace("sealed");
  leader.mainDb.webhooks.update({ ...webhook, externalId: "3" });
  leader.mainDb.webhooks.update({ ...late, externalId: "2" });
  const path = `${follower.directory}/copy.db`;
  withConnection(leader.path, (db) => db.run("VACUUM INTO ?", [path]));
  const mainDb = openMainDb({ path, clock: leader.clock });
  const copy = { ...follower, path, mainDb };
  const position = copy.mainDb.replication.state()?.position ?? 0;
  expect(copy.mainDb.replication.state()).toMatchObject({ role: "leading", hasUnshipped: true });
  expect(position).toBe(log.length);
  copy.mainDb.replication.join({ born: BORN, position: position - 1, role: "following" });
  sync();
  copies.follow(copy.mainDb);
  expect(contentOf(copy)).toEqual(contentOf(leader));
  mainDb.close();
});

describe("the position", () => {
  test("grows only, and the place where reading begins is kept apart", () => {
    const { replication } = copies.follower.mainDb;
    replication.forget(0, 7);
    replication.forget(0, 5);
    replication.noteSynced(6);
    expect(replication.state()).toMatchObject({ position: 7, syncedPosition: 6 });
  });

  test("is noted together with what need not be shipped any more", () => {
    const { leader } = copies;
    leader.addUser();
    const batch = leader.mainDb.replication.outbox(1_000_000);
    leader.addUser();
    leader.mainDb.replication.forget(batch?.upTo ?? 0, 9);
    expect(leader.mainDb.replication.state()).toMatchObject({ position: 9, hasUnshipped: true });
  });
});

describe("sessions that ran out", () => {
  const session = { createdAt: 0, lastSeenAt: 0, userAgent: "", remoteAddress: "", verifiedAt: 0 };

  test("are forgotten by the leader when it begins to lead, not by opening the file", () => {
    const { leader, follower } = copies;
    const { id: userId } = leader.addUser();
    leader.mainDb.sessions.insert({ ...session, userId, idHash: "s", expiresAt: 1, signedInBy: "password" });
    sync();
    const [again, copy] = [leader.reopen(), follower.reopen()];
    expect([again, copy].map(({ sessions }) => sessions.list(userId).length)).toEqual([1, 1]);
    again.replication.lead();
    sync();
    expect(copy.sessions.list(userId)).toEqual([]);
  });
});
