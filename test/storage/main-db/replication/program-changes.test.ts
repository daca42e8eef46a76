/** Each change that the program makes is the same in the copy, once it has come through the log. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { listAuditFaults } from "../../../../src/storage/main-db/audit/faults.ts";
import { type Copies, contentOf, createCopies, withConnection } from "./copies.ts";

let copies: Copies;

beforeEach(() => {
  copies = createCopies();
});
afterEach(() => copies.dispose());

/** Ships and applies after each step; names the step whose changes did not arrive. */
function takeSteps(steps: Readonly<Record<string, () => unknown>>): void {
  for (const [name, step] of Object.entries(steps)) {
    const before = contentOf(copies.leader);
    step();
    const after = contentOf(copies.leader);
    copies.ship();
    copies.follow();
    expect({ name, changesNothing: Bun.deepEquals(before, after) }).toEqual({ name, changesNothing: false });
    expect({ name, ...contentOf(copies.follower) }).toEqual({ name, ...after });
  }
}

test("people with all that they sign in with", () => {
  const { leader } = copies;
  const { mainDb } = leader;
  const { id: userId } = leader.addUser({ username: "ada" });
  const times = { createdAt: 1, lastUsedAt: null };
  const session = { userId, createdAt: 1, lastSeenAt: 1, userAgent: "", remoteAddress: "", verifiedAt: 0 };
  const expiring = { expiresAt: leader.clock.now() + 1_000, signedInBy: "password" as const };
  const link = { userId, purpose: "email" as const, createdAt: 1, expiresAt: 9e15, email: "a@example.com" };
  const key = { userId, name: "CI", prefix: "wk", tokenHash: "h", scopes: ["read"], webhookIds: null };
  takeSteps({
    session: () => mainDb.sessions.insert({ ...session, ...expiring, idHash: "s1" }),
    "another session": () => mainDb.sessions.insert({ ...session, ...expiring, idHash: "s2" }),
    seen: () => mainDb.sessions.touch([{ idHash: "s1", lastSeenAt: 7, expiresAt: expiring.expiresAt + 1 }]),
    "signed out elsewhere": () => mainDb.sessions.deleteOthers({ userId, exceptIdHash: "s1" }),
    "second factor": () =>
      mainDb.secondFactors.put({ id: userId, secret: "sealed", lastStep: 0, createdAt: 1 }, ["c1", "c2"]),
    "a code": () => mainDb.secondFactors.takeCode(userId, "c1"),
    "no second factor": () => mainDb.secondFactors.remove(userId),
    passkey: () =>
      mainDb.passkeys.insert({ ...times, id: "p", userId, name: "Key", publicKey: "k", counter: 0 }),
    identity: () =>
      mainDb.identities.insert({
        ...times,
        id: "i",
        userId,
        issuer: "https://id",
        subject: "1",
        name: "Ada",
      }),
    email: () => mainDb.userEmails.put({ userId, email: "Ada@example.com", at: 2 }),
    "email again": () => mainDb.userEmails.put({ userId, email: "ada@example.com", at: 3 }),
    link: () => mainDb.oneTimeLinks.insert({ ...link, tokenHash: "t" }),
    "API key": () =>
      mainDb.apiKeys.insert({
        ...key,
        ...times,
        id: "k",
        revokedAt: null,
        expiresAt: null,
        lastUsedFrom: null,
      }),
    "its use": () => mainDb.apiKeys.setLastUsed([{ id: "k", at: 5, from: "192.0.2.1" }]),
    "a new leader": () => {
      leader.clock.advance(10_000);
      mainDb.replication.lead();
    },
    password: () => mainDb.users.setPasswordHash({ id: userId, passwordHash: "?", at: 4 }),
  });
});

test("webhooks with their parts, and what is kept about them", () => {
  const { leader } = copies;
  const { mainDb } = leader;
  const [owner, heir] = [leader.addUser(), leader.addUser()];
  const webhook = leader.addWebhook({ userId: owner.id, settings: { retention_days: 3 } });
  const webhookId = webhook.id;
  const entrypoint = leader.addEntrypoint({ webhookId, managedBy: "file", key: "orders" });
  const target = leader.addTarget({ webhookId, type: "pull" });
  const saved = { userId: owner.id, webhookId, name: "Failed", at: 1 };
  const problem = { id: "p", webhookId, kind: "target_failing" as const, subjectId: target.id };
  const told = { ...problem, subjectName: "Warehouse", since: 1, detail: "", isTold: true };
  const notice = { ...problem, id: "n", channel: "email" as const, isOver: false, since: 1, detail: "" };
  const refused = { entrypointId: entrypoint.id, hour: 0, reason: "size" as const };
  const portal = { id: "l", webhookId, createdBy: owner.id, targetTypes: ["http"], createdAt: 1 };
  const links = {
    origin: "https://app.example.com",
    name: "Acme",
    colour: null,
    logo: null,
    managedBy: null,
  };
  const type = { id: "t", userId: owner.id, name: "order.paid", description: "", managedBy: null };
  const schema = { schema: "{}", example: null, createdAt: 1, updatedAt: 1 };
  takeSteps({
    transformation: () => mainDb.transformations.adding({ targetId: target.id, code: "x", at: 1 }).write(),
    update: () => mainDb.webhooks.update({ ...webhook, name: "Store" }),
    pause: () => mainDb.targets.update({ ...target, pausedAt: 3 }),
    pull: () => mainDb.targetPulls.note(new Map([[target.id, 5]])),
    "saved filter": () => mainDb.savedFilters.save({ ...saved, id: "f", text: "status:failed" }),
    "saved filter again": () => mainDb.savedFilters.save({ ...saved, id: "g", text: "status:held" }),
    "saved query": () => mainDb.savedQueries.save({ ...saved, id: "q", text: "SELECT 1" }),
    problem: () =>
      mainDb.problems.record(
        [{ change: "begun", problem: { ...told, overAt: null, acknowledgement: null } }],
        [{ ...notice, attempts: 0, nextAttemptAt: 1 }],
      ),
    acknowledgement: () => mainDb.problems.acknowledge({ id: "p", at: 2, by: owner.id, note: "on it" }),
    "a later notice": () => mainDb.notices.retryLater(["n"], 9),
    refusals: () => mainDb.refusals.store([{ ...refused, requests: 3 }], 0),
    "more refusals": () => mainDb.refusals.store([{ ...refused, hour: 1, requests: 4 }], 1),
    "portal link": () => mainDb.portals.insert({ ...portal, expiresAt: 9e15, tokenHash: "h" }),
    "portal settings": () => mainDb.portals.setSettings({ userId: owner.id, ...links }),
    "event type": () => mainDb.eventTypes.inserting({ ...type, ...schema })(),
    "event type check": () =>
      mainDb.eventTypes.setSettings({ userId: owner.id, check: "types", managedBy: null }),
    "secret key": () => mainDb.secretKeyCheck.replace("sealed"),
    "secret key again": () => mainDb.secretKeyCheck.replace("sealed anew"),
    "sealed anew": () =>
      mainDb.sealedRows.changeAll(
        (table, row) => (table === "targets" ? { ...row, signing: "{}" } : row),
        () => mainDb.secretKeyCheck.put("sealed once more"),
      ),
    "another owner": () => mainDb.webhooks.setOwner({ id: webhookId, userId: heir.id, at: 7 }),
    deletion: () => mainDb.webhooks.softDelete({ id: webhookId, at: 8 }),
    "a reservation": () => mainDb.configObjects.reserveWebhooks({ ids: ["r", "s"], userId: heir.id, at: 9 }),
    "a reservation's end": () => mainDb.configObjects.dropReservedWebhook("r"),
    "an old entrypoint": () =>
      mainDb.configObjects.dropDeletedEntrypoint({ id: entrypoint.id, userId: heir.id }),
    "the audit log's old entries": () => mainDb.audit.pruneStep(leader.clock.now() + 1),
  });
  expect(withConnection(copies.follower.path, listAuditFaults)).toEqual([]);
});

test("teams go with their members and invitations", () => {
  const { leader } = copies;
  const { mainDb } = leader;
  const { id: userId } = leader.addUser();
  const { id: webhookId } = leader.addWebhook({ userId });
  const { id: guest } = leader.addUser();
  const invitation = { tokenHash: "h", email: null, name: null, role: "user" as const, invitedBy: userId };
  const times = { createdAt: 1, expiresAt: 9e15, mailedAt: null };
  takeSteps({
    team: () => mainDb.teams.insert({ id: "t", name: "Ops", createdAt: 1, updatedAt: 1 }),
    "its user": () => mainDb.teams.addUser({ teamId: "t", userId: guest }),
    member: () =>
      mainDb.members.insert({ id: "m", webhookId, userId: null, teamId: "t", role: "viewer", createdAt: 1 }),
    invitation: () =>
      mainDb.invitations.insert({
        ...invitation,
        ...times,
        id: "i",
        teamId: "t",
        webhookId: null,
        webhookRole: null,
      }),
    "no team": () => mainDb.teams.remove("t"),
  });
  const { teams, members, team_users, invitations } = contentOf(copies.follower);
  expect([teams, members, team_users, invitations]).toEqual([[], [], [], []]);
});
