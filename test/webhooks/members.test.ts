import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;
/** Ada in her webhook. */
let of: { userId: string; webhookId: string };
let asBob: { userId: string; webhookId: string };
let root: string;

beforeEach(async () => {
  all = createTestUseCases();
  const { id: webhookId } = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  of = { userId: all.ada, webhookId };
  asBob = { userId: all.bob, webhookId };
  root = all.addUser({ username: "root", role: "admin" }).id;
});

afterEach(() => all.dispose());

const share = (input: Record<string, string>) => all.useCases.members.add({ ...of, input });
const kindOf = async (act: () => Promise<unknown>) => {
  const { kind, code } = await appErrorOf(act);
  return code === kind ? kind : `${kind} ${code}`;
};

async function addTeam(...usernames: readonly string[]): Promise<string> {
  const { teams } = all.useCases;
  const { id: teamId } = await teams.create({ userId: root, input: { name: "Support" } });
  for (const username of usernames) await teams.addUser({ userId: root, teamId, input: { username } });
  return teamId;
}

describe("a webhook that is not shared", () => {
  test("is not found by anybody but its owner, administrators included", async () => {
    for (const userId of [all.bob, root]) {
      const { webhooks } = all.useCases;
      expect(await kindOf(() => webhooks.get({ ...of, userId }))).toBe("not_found");
      expect(await webhooks.list({ userId })).toEqual([]);
    }
    expect((await all.useCases.webhooks.get(of)).role).toBe("owner");
  });
});

describe("a member", () => {
  test("finds the webhook with the role, among the own ones too, and may do what the role allows", async () => {
    const { webhooks, targets } = all.useCases;
    await share({ username: "BOB", role: "viewer" });
    expect(await webhooks.get(asBob)).toMatchObject({ role: "viewer", ownerId: all.ada, userId: all.bob });
    await webhooks.create({ userId: all.bob, input: { name: "Blog" } });
    const listed = await webhooks.list({ userId: all.bob });
    expect(listed.map(({ name, role }) => [name, role])).toEqual([
      ["Shop", "viewer"],
      ["Blog", "owner"],
    ]);
    const page = await webhooks.listPage({ userId: all.bob, cursor: null, limit: 1 });
    expect([page.webhooks.map(({ name }) => name), page.nextCursor === null]).toEqual([["Shop"], false]);
    const input = { name: "Log", type: "log" };
    const refused = await appErrorOf(() => targets.create({ ...asBob, input }));
    expect(refused).toMatchObject({ kind: "forbidden", code: "role_missing" });
    expect(refused.message).toBe("This needs the role editor on this webhook.");
    expect(refused.hint).toContain("Yours is viewer.");
  });

  test("below editor sees no URL", async () => {
    const { entrypoints, members } = all.useCases;
    await entrypoints.create({ ...of, input: {} });
    const { id } = await share({ username: "bob", role: "replayer" });
    const shown = async () => (await entrypoints.list(asBob)).map(({ showsUrl }) => showsUrl);
    expect(await shown()).toEqual([false]);
    await members.setRole({ ...of, memberId: id ?? "", input: { role: "editor" } });
    expect(await shown()).toEqual([true]);
  });

  test("by several reasons has the highest role, and every reason is told", async () => {
    const { members, webhooks } = all.useCases;
    await addTeam("bob", "root");
    await share({ username: "bob", role: "viewer" });
    await share({ team: "support", role: "replayer" });
    expect((await webhooks.get(asBob)).role).toBe("replayer");
    const { people } = await members.list(asBob);
    expect(people.find(({ username }) => username === "bob")).toMatchObject({
      role: "replayer",
      reasons: [
        { why: "direct", team: null, role: "viewer" },
        { why: "team", team: "Support", role: "replayer" },
      ],
    });
    expect(people.map(({ username, role }) => [username, role])).toEqual([
      ["ada", "owner"],
      ["bob", "replayer"],
      ["root", "replayer"],
    ]);
  });

  test("loses access at once when removed, out of the team, or with the team", async () => {
    const { members, teams, webhooks } = all.useCases;
    const isIn = () => webhooks.hasRole(asBob, "viewer");
    const { id } = await share({ username: "bob", role: "owner" });
    expect([isIn(), webhooks.hasRole(asBob, "owner")]).toEqual([true, true]);
    await members.remove({ ...of, memberId: id ?? "" });
    expect(isIn()).toBe(false);
    const teamId = await addTeam("bob");
    await share({ team: "Support", role: "viewer" });
    expect(isIn()).toBe(true);
    await teams.removeUser({ userId: root, teamId, memberId: all.bob });
    expect(isIn()).toBe(false);
    await teams.addUser({ userId: root, teamId, input: { username: "bob" } });
    await teams.remove({ userId: root, teamId });
    expect(isIn()).toBe(false);
    expect((await members.list(of)).members).toHaveLength(1);
  });

  test("leaves, unless access is by a team, and the owner stays", async () => {
    const { members } = all.useCases;
    await share({ username: "bob", role: "viewer" });
    await members.leave(asBob);
    expect(await kindOf(() => members.leave(asBob))).toBe("not_found");
    await addTeam("bob");
    await share({ team: "Support", role: "viewer" });
    expect(await kindOf(() => members.leave(asBob))).toBe("conflict member_by_team");
    expect(await kindOf(() => members.leave(of))).toBe("conflict owner_stays");
  });
});

describe("sharing", () => {
  test("is for owners, and refuses whom nobody knows and whoever is there already", async () => {
    const { members } = all.useCases;
    await share({ username: "bob", role: "editor" });
    const input = { username: "root", role: "viewer" };
    expect(await kindOf(() => members.add({ ...asBob, input }))).toBe("forbidden role_missing");
    for (const username of ["bob", "ada"]) {
      expect(await kindOf(() => share({ username, role: "viewer" }))).toBe("conflict already_member");
    }
    for (const wrong of [
      { username: "nobody", role: "viewer" },
      { team: "nobody", role: "viewer" },
      { username: "root", role: "boss" },
      { username: "root", team: "x", role: "viewer" },
      { role: "viewer" },
    ]) {
      expect(await kindOf(() => share(wrong))).toBe("invalid");
    }
  });

  test("finds no member of another webhook", async () => {
    const { members, webhooks } = all.useCases;
    const { id } = await share({ username: "bob", role: "viewer" });
    const other = await webhooks.create({ userId: all.ada, input: { name: "Other" } });
    for (const memberId of [id ?? "", newId(), ""]) {
      const inOther = { userId: all.ada, webhookId: other.id, memberId };
      expect(await kindOf(() => members.remove(inOther))).toBe("not_found");
      expect(await kindOf(() => members.setRole({ ...inOther, input: { role: "owner" } }))).toBe("not_found");
    }
  });

  test("ends with the webhook", async () => {
    await share({ username: "bob", role: "viewer" });
    await all.useCases.webhooks.remove(of);
    expect(all.mainDb.members.listAllRoles(all.bob).size).toBe(0);
  });
});

describe("a transfer", () => {
  test("makes another user the owner, and the one until now an editor", async () => {
    const { members, webhooks } = all.useCases;
    await share({ username: "bob", role: "viewer" });
    await members.transfer({ ...of, input: { username: "bob" } });
    expect(await webhooks.get(asBob)).toMatchObject({ role: "owner", ownerId: all.bob });
    expect((await webhooks.get(of)).role).toBe("editor");
    expect((await members.list(of)).members.map(({ name, role }) => [name, role])).toEqual([
      ["bob", "owner"],
      ["ada", "editor"],
    ]);
    expect(await kindOf(() => members.transfer({ ...of, input: { username: "ada" } }))).toBe(
      "forbidden role_missing",
    );
  });

  test("goes to a user who exists, can sign in and is another one", async () => {
    all.changeUser(all.bob, { disabledAt: 1 });
    for (const username of ["bob", "ada", "nobody", ""]) {
      expect(await kindOf(() => all.useCases.members.transfer({ ...of, input: { username } }))).toBe(
        "invalid",
      );
    }
  });
});

describe("notices", () => {
  test("go to targets of the owner that the member may change, and stored ones stay", async () => {
    const { targets, webhooks, members } = all.useCases;
    const http = { name: "Chat", type: "http", config: { url: "https://chat.example/x" } };
    const other = await webhooks.create({ userId: all.ada, input: { name: "Other" } });
    const adas = await targets.create({ userId: all.ada, webhookId: other.id, input: http });
    const own = await webhooks.create({ userId: all.bob, input: { name: "Bob's" } });
    const bobs = await targets.create({ userId: all.bob, webhookId: own.id, input: http });
    await share({ username: "bob", role: "editor" });
    const tell = (target_id: string) => webhooks.update({ ...asBob, input: { notices: { target_id } } });
    for (const id of [adas.id, bobs.id]) expect(await kindOf(() => tell(id))).toBe("invalid");
    await webhooks.update({ ...of, input: { notices: { target_id: adas.id } } });
    expect((await tell(adas.id)).settings.notices?.target_id).toBe(adas.id);
    await members.add({ userId: all.ada, webhookId: other.id, input: { username: "bob", role: "editor" } });
    await webhooks.update({ ...of, input: { notices: null } });
    expect((await tell(adas.id)).settings.notices?.target_id).toBe(adas.id);
  });
});

describe("teams", () => {
  test("are managed by administrators only, and others list those they are in", async () => {
    const { teams } = all.useCases;
    const teamId = await addTeam("bob");
    const asker = { userId: all.bob, teamId };
    expect((await teams.list({ userId: all.bob })).map(({ name }) => name)).toEqual(["Support"]);
    expect(await teams.list({ userId: all.ada })).toEqual([]);
    expect(await kindOf(() => teams.create({ userId: all.bob, input: { name: "Mine" } }))).toBe("forbidden");
    for (const act of [
      () => teams.get(asker),
      () => teams.rename({ ...asker, input: { name: "Mine" } }),
      () => teams.remove(asker),
      () => teams.addUser({ ...asker, input: { username: "ada" } }),
      () => teams.removeUser({ ...asker, memberId: all.bob }),
    ]) {
      expect(await kindOf(act)).toBe("not_found");
    }
  });

  test("have names that differ by more than case", async () => {
    const { teams } = all.useCases;
    await addTeam();
    const make = (name: string) => teams.create({ userId: root, input: { name } });
    expect(await kindOf(() => make("SUPPORT"))).toBe("conflict team_name_taken");
    const { id: teamId } = await make("Sales");
    const rename = () => teams.rename({ userId: root, teamId, input: { name: "support" } });
    expect(await kindOf(rename)).toBe("conflict team_name_taken");
    for (const name of ["", " ", "x".repeat(101)]) expect(await kindOf(() => make(name))).toBe("invalid");
  });
});

test("each change of members, teams and owners is in the audit log, for those whom it concerns", async () => {
  const { members, teams } = all.useCases;
  const teamId = await addTeam("bob");
  const { id } = await share({ team: "Support", role: "viewer" });
  await members.setRole({ ...of, memberId: id ?? "", input: { role: "editor" } });
  await members.remove({ ...of, memberId: id ?? "" });
  await members.transfer({ ...of, input: { username: "bob" } });
  await teams.rename({ userId: root, teamId, input: { name: "Help" } });
  await teams.removeUser({ userId: root, teamId, memberId: all.bob });
  await teams.remove({ userId: root, teamId });
  const actionsFor = (readerId: string | null) =>
    all.mainDb.audit
      .search({ readerId, limit: 100 })
      .entries.map(({ action }) => action)
      .filter((action) => /^(member|team)\.|transfer/.test(action))
      .toReversed();
  expect(actionsFor(null)).toEqual([
    ...["team.create", "team.add_user", "member.create", "member.update", "member.delete"],
    ...[
      "webhook.transfer",
      "webhook.transfer",
      "member.create",
      "team.update",
      "team.remove_user",
      "team.delete",
    ],
  ]);
  expect(actionsFor(all.ada)).toEqual([
    ...["member.create", "member.update", "member.delete", "webhook.transfer"],
  ]);
  expect(actionsFor(all.bob)).toEqual([
    ...["team.add_user", "webhook.transfer", "member.create", "team.remove_user"],
  ]);
});
