/** A follower's memory and other files go along with the rows that it applies. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Copies, createCopies, withConnection } from "./copies.ts";

let copies: Copies;

beforeEach(() => {
  copies = createCopies();
});
afterEach(() => copies.dispose());

function sync(): void {
  copies.ship();
  copies.follow();
}

describe("a follower that applies rows", () => {
  test("tells which webhooks came to be and which were deleted", () => {
    const { leader, follower } = copies;
    const { id: userId } = leader.addUser();
    const kept = leader.addWebhook({ userId });
    const old = leader.addWebhook({ userId });
    sync();
    const { replication } = leader.mainDb;
    const made = leader.addWebhook({ userId });
    const brief = leader.addWebhook({ userId });
    leader.mainDb.webhooks.softDelete({ id: brief.id, at: 1 });
    leader.mainDb.webhooks.softDelete({ id: old.id, at: 1 });
    leader.mainDb.configObjects.reserveWebhooks({ ids: ["reserved"], userId, at: 1 });
    leader.mainDb.webhooks.update({ ...kept, name: "Store" });
    const batch = replication.outbox(1_000_000);
    const result = follower.mainDb.replication.apply(batch?.changes ?? [], 100);
    expect(result).toEqual({ created: [made.id], deleted: [old.id] });
    replication.forget(batch?.upTo ?? 0, 100);
    leader.mainDb.transfer.reveal("reserved");
    const { changes } = replication.outbox(1_000_000) ?? { changes: [] };
    expect(follower.mainDb.replication.apply(changes, 101)).toEqual({ created: ["reserved"], deleted: [] });
  });

  test("looks up the way of events anew at once, and tells whoever listens", () => {
    const { leader, follower } = copies;
    const { id: userId } = leader.addUser();
    const { id: webhookId } = leader.addWebhook({ userId });
    const entrypoint = leader.addEntrypoint({ webhookId });
    const target = leader.addTarget({ webhookId });
    const other = leader.addWebhook({ userId });
    sync();
    const { routing } = follower.mainDb;
    const heard: string[] = [];
    routing.onInvalidate((id) => heard.push(`${id} ${routing.findRoute(entrypoint.id)?.active}`));
    expect(routing.findRoute(entrypoint.id)?.active).toBe(true);
    expect(routing.findTarget(target.id)?.transformation).toBeNull();
    leader.mainDb.entrypoints.update({ ...entrypoint, active: false });
    sync();
    expect(routing.findRoute(entrypoint.id)?.active).toBe(false);
    expect(heard).toEqual([`${webhookId} false`]);
    leader.mainDb.targets.update({ ...target, transformationVersion: 1 });
    sync();
    expect(routing.findTarget(target.id)?.transformation).toBeNull();
    leader.mainDb.transformations.adding({ targetId: target.id, code: "x", at: 1 }).write();
    sync();
    expect(routing.findTarget(target.id)?.transformation).toEqual({ version: 1, code: "x" });
    withConnection(leader.path, (db) => db.run("DELETE FROM entrypoints"));
    sync();
    expect(routing.findRoute(entrypoint.id)).toBeNull();
    expect(heard.some((line) => line.startsWith(other.id))).toBe(false);
  });

  test("counts problems anew", () => {
    const { leader, follower } = copies;
    const { id: webhookId } = leader.addWebhook({ userId: leader.addUser().id });
    sync();
    expect(follower.mainDb.problems.countUnacknowledged().get(webhookId)).toBeUndefined();
    const subject = { subjectId: "s", subjectName: "Orders", since: 1, detail: "", isTold: false };
    const problem = { id: "p", webhookId, kind: "target_failing" as const, ...subject };
    leader.mainDb.problems.record(
      [{ change: "begun", problem: { ...problem, overAt: null, acknowledgement: null } }],
      [],
    );
    sync();
    expect(follower.mainDb.problems.countUnacknowledged().get(webhookId)).toBe(1);
  });
});
