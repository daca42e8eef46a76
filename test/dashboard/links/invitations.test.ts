/** People are invited to the server and to webhooks, and accept once, with a new account or their own. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { HOUR_MS } from "../../../src/lib/clock.ts";
import { cookieOf, startTestDashboard, type TestDashboard } from "../../support/test-dashboard.ts";

const SERVER = "/admin/invitations";
const PASSWORD = "seven-green-bottles";

let dashboard: TestDashboard;
let root: string;
let carol: string;

beforeEach(async () => {
  dashboard = await startTestDashboard();
  [root, carol] = [await dashboard.signIn("root"), await dashboard.signIn("carol")];
});
afterEach(() => dashboard.stop());

const post = (path: string, form: Record<string, string>, cookie: string | null) =>
  dashboard.ask(path, { form, cookie });
const textOf = async (path: string, cookie: string | null) => (await dashboard.ask(path, { cookie })).text();
const locationOf = (answer: Response) => answer.headers.get("location") ?? "";

/** Invites, and returns the path of the link that is shown. */
async function invite(path: string, form: Record<string, string>, cookie: string): Promise<string> {
  const answer = await post(path, form, cookie);
  expect(answer.status).toBe(303);
  return linkOn(await textOf(locationOf(answer), cookie));
}

const linkOn = (html: string) => /\/invitation\?token=[\w-]+/.exec(html)?.[0] ?? "";
const tokenOf = (link: string) => link.split("token=")[1] ?? "";

const accept = (link: string, form: Record<string, string>, cookie: string | null = null) =>
  post("/invitation", { token: tokenOf(link), ...form }, cookie);

async function addWebhook(cookie = carol, name = "Shop"): Promise<string> {
  const answer = await post("/sources/new", { name }, cookie);
  return /\/source\/([\w-]+)/.exec(locationOf(answer))?.[1] ?? "";
}

const invitationsOf = (webhookId: string) => `/source/${webhookId}/sharing/invitations`;
const idIn = (html: string) => /invitations\/([\w-]{36})\/renew/.exec(html)?.[1] ?? "";

describe("an invitation to the server", () => {
  test("shows its link once, creates an account that is signed in, and cannot be used again", async () => {
    const link = await invite(SERVER, { name: "Dora", email: "", role: "user" }, root);
    expect(link).not.toBe("");
    const listed = await textOf(SERVER, root);
    expect([listed.includes("Dora"), linkOn(listed)]).toEqual([true, ""]);
    // Whatever follows links, such as a mail scanner, uses nothing up.
    for (let times = 0; times < 3; times++) expect((await dashboard.ask(link)).status).toBe(200);
    expect(await textOf(link, null)).toContain('value="dora"');
    const answer = await accept(link, { username: "dora", password: PASSWORD });
    expect(answer.status).toBe(303);
    expect(await textOf("/profile", cookieOf(answer))).toContain("dora");
    expect(dashboard.users.findByUsername("dora")?.role).toBe("user");
    const again = await accept(link, { username: "eve", password: PASSWORD });
    expect([again.status, dashboard.users.findByUsername("eve")]).toEqual([410, null]);
    expect((await dashboard.ask(link)).status).toBe(410);
  });

  test("creates administrators, and puts people into a team", async () => {
    const { teams } = dashboard.useCases;
    const { id } = await teams.create({ userId: dashboard.rootId, input: { name: "Support" } });
    const link = await invite(SERVER, { role: "admin", team: "Support" }, root);
    expect(await textOf(link, null)).toContain("as an administrator, into the team Support");
    await accept(link, { username: "dora", password: PASSWORD });
    expect(dashboard.users.findByUsername("dora")?.role).toBe("admin");
    const { users } = await teams.get({ userId: dashboard.rootId, teamId: id });
    expect(users.map(({ username }) => username)).toEqual(["dora"]);
  });

  test("gives somebody with an account no other role on the server", async () => {
    await dashboard.useCases.teams.create({ userId: dashboard.rootId, input: { name: "Support" } });
    const link = await invite(SERVER, { role: "admin", team: "Support" }, root);
    expect((await accept(link, { as: "own" }, carol)).status).toBe(303);
    expect(dashboard.users.find(dashboard.carolId)?.role).toBe("user");
    const plain = await invite(SERVER, { role: "admin" }, root);
    expect(await textOf(plain, carol)).toContain("Sign out to create another one by this link.");
    await accept(plain, { as: "own" }, carol);
    // Not used up.
    expect((await dashboard.ask(plain)).status).toBe(200);
  });

  test("keeps a taken name and a poor password in the form, and the link", async () => {
    const link = await invite(SERVER, { role: "user" }, root);
    const taken = await accept(link, { username: "CAROL", password: PASSWORD });
    expect([taken.status, (await taken.text()).includes("User already exists.")]).toEqual([422, true]);
    const short = await accept(link, { username: "dora", password: "short" });
    expect([short.status, (await short.text()).includes("fewer than 10 characters")]).toEqual([422, true]);
    expect((await accept(link, { username: "dora", password: PASSWORD })).status).toBe(303);
  });

  test("is taken by one of two who accept at the same time", async () => {
    const link = await invite(SERVER, { role: "user" }, root);
    const names = ["dora", "eve"];
    const answers = await Promise.all(
      names.map((username) => accept(link, { username, password: PASSWORD })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 410]);
    expect(names.filter((name) => dashboard.users.findByUsername(name) !== null)).toHaveLength(1);
  });

  test("ends after 72 hours, when it is revoked, and with the rights of whoever invited", async () => {
    const old = await invite(SERVER, { role: "user" }, root);
    dashboard.clock.advance(72 * HOUR_MS - 1);
    expect((await dashboard.ask(old)).status).toBe(200);
    dashboard.clock.advance(1);
    expect((await dashboard.ask(old)).status).toBe(410);
    root = await dashboard.signIn("root");
    expect(await textOf(SERVER, root)).toContain("expired");

    const renewed = linkOn(
      await textOf(
        locationOf(await post(`${SERVER}/${idIn(await textOf(SERVER, root))}/renew`, {}, root)),
        root,
      ),
    );
    expect((await dashboard.ask(renewed)).status).toBe(200);
    expect(renewed).not.toBe(old);
    await post(`${SERVER}/${idIn(await textOf(SERVER, root))}/revoke`, {}, root);
    expect((await dashboard.ask(renewed)).status).toBe(410);

    const last = await invite(SERVER, { role: "user" }, root);
    await dashboard.users.create({ username: "other", password: PASSWORD, role: "admin" });
    dashboard.users.disable(dashboard.rootId);
    expect((await accept(last, { username: "dora", password: PASSWORD })).status).toBe(410);
  });

  test("asks who it is after a while", async () => {
    dashboard.clock.advance(HOUR_MS);
    expect(await (await post(SERVER, { role: "user" }, root)).text()).toContain("Confirm that it is you");
  });

  test("says nothing of who is behind a made-up link, and its token is nowhere in the log", async () => {
    expect((await dashboard.ask("/invitation?token=made-up")).status).toBe(410);
    expect((await dashboard.ask("/invitation")).status).toBe(410);
    const link = await invite(SERVER, { role: "user" }, root);
    const answer = await dashboard.ask(link);
    expect(answer.headers.get("referrer-policy")).toBe("same-origin");
    await accept(link, { username: "dora", password: PASSWORD });
    expect(JSON.stringify(dashboard.lines)).not.toContain(tokenOf(link));
  });
});

describe("an invitation to a webhook", () => {
  test("shares it with a new account, by the role", async () => {
    const webhookId = await addWebhook();
    const link = await invite(invitationsOf(webhookId), { name: "Dora", role: "editor" }, carol);
    expect(await textOf(link, null)).toContain("invites you to the webhook Shop, as editor");
    const answer = await accept(link, { username: "dora", password: PASSWORD });
    expect(locationOf(answer)).toBe(`/source/${webhookId}`);
    const userId = dashboard.users.findByUsername("dora")?.id ?? "";
    expect((await dashboard.useCases.webhooks.get({ userId, webhookId })).role).toBe("editor");
    const entries = dashboard.audit.search({ readerId: dashboard.carolId, limit: 20 }).entries;
    const told = entries.filter(({ action }) => /^(invitation|member)\./.test(action));
    expect(told.map(({ action, username }) => `${action} ${username}`)).toEqual([
      "member.create null",
      "invitation.accept dora",
      "invitation.create carol",
    ]);
  });

  test("is accepted by somebody with an account, after signing in, and never lowers a role", async () => {
    const webhookId = await addWebhook(root);
    await dashboard.useCases.members.add({
      userId: dashboard.rootId,
      webhookId,
      input: { username: "carol", role: "editor" },
    });
    const low = await invite(invitationsOf(webhookId), { role: "viewer" }, root);
    const signIn = /href="(\/pages\/login[^"]+)"/
      .exec(await textOf(low, null))?.[1]
      ?.replaceAll("&amp;", "&");
    const form = { username: "carol", password: "correct-horse-battery" };
    expect(locationOf(await post(signIn ?? "", form, null))).toBe(low);
    expect(await textOf(low, carol)).toContain("Accept as carol");
    await accept(low, { as: "own" }, carol);
    const roleNow = async () =>
      (await dashboard.useCases.webhooks.get({ userId: dashboard.carolId, webhookId })).role;
    expect(await roleNow()).toBe("editor");
    await accept(await invite(invitationsOf(webhookId), { role: "owner" }, root), { as: "own" }, carol);
    expect(await roleNow()).toBe("owner");
  });

  test("is for owners, of this webhook, and ends with their role and the webhook", async () => {
    const [webhookId, otherId] = [await addWebhook(), await addWebhook(root, "Other")];
    const link = await invite(invitationsOf(webhookId), { role: "viewer" }, carol);
    const id = idIn(await textOf(invitationsOf(webhookId), carol));
    expect((await post(`${invitationsOf(otherId)}/${id}/renew`, {}, root)).status).toBe(404);
    expect((await post(`${SERVER}/${id}/revoke`, {}, root)).status).toBe(404);
    const of = { userId: dashboard.carolId, webhookId };
    await dashboard.useCases.members.transfer({ ...of, input: { username: "root" } });
    expect((await dashboard.ask(invitationsOf(webhookId), { cookie: carol })).status).toBe(403);
    expect((await accept(link, { username: "dora", password: PASSWORD })).status).toBe(410);
    // The new owner can send it again, in their own name.
    const renewed = await post(`${invitationsOf(webhookId)}/${id}/renew`, {}, root);
    const again = linkOn(await textOf(locationOf(renewed), root));
    expect(await textOf(again, null)).toContain("root");
    await dashboard.useCases.webhooks.remove({ userId: dashboard.rootId, webhookId });
    expect((await dashboard.ask(again)).status).toBe(410);
  });

  test("is for administrators alone where INVITATIONS says so", async () => {
    await dashboard.stop();
    dashboard = await startTestDashboard({ INVITATIONS: "admins" });
    [root, carol] = [await dashboard.signIn("root"), await dashboard.signIn("carol")];
    const form = { role: "viewer" };
    expect((await post(invitationsOf(await addWebhook(carol)), form, carol)).status).toBe(403);
    expect((await post(invitationsOf(await addWebhook(root)), form, root)).status).toBe(303);
  });
});
