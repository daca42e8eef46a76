/** Users who have lost their password set a new one by a one-time link, from an e-mail or from an administrator. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { HOUR_MS, MINUTE_MS } from "../../../src/lib/clock.ts";
import { linkIn, type MailServer, startMailServer } from "../../support/mail-server.ts";
import { PASSWORD, startTestDashboard, type TestDashboard } from "../../support/test-dashboard.ts";

const FORGOT = "/pages/forgot-password";
const EMAIL = "carol@example.com";
const NEW_PASSWORD = "seven-green-bottles";

let mail: MailServer;
let dashboard: TestDashboard;
let carol: string;

beforeEach(async () => {
  mail = await startMailServer();
  dashboard = await startTestDashboard({ SMTP_URL: mail.url, MAIL_FROM: "hooks@example.com" });
  carol = await dashboard.signIn("carol");
});
afterEach(async () => {
  await dashboard.stop();
  await mail.close();
});

const post = (path: string, form: Record<string, string>, cookie: string | null = null) =>
  dashboard.ask(path, { form, cookie });
const textOf = async (path: string, cookie: string | null) => (await dashboard.ask(path, { cookie })).text();
const locationOf = (answer: Response) => answer.headers.get("location") ?? "";
const tokenOf = (link: string) => link.split("token=")[1] ?? "";
async function forget(who: string): Promise<Response> {
  const answer = await post(FORGOT, { who });
  // Nothing happens before the response is out.
  dashboard.clock.advance(1_000);
  return answer;
}
const setPassword = (link: string, password = NEW_PASSWORD) =>
  post("/pages/reset-password", { token: tokenOf(link), password });
const userActionsIn = () =>
  dashboard.audit
    .search({ readerId: dashboard.carolId, limit: 20 })
    .entries.filter(({ action, outcome }) => action.startsWith("user.") && outcome === "done")
    .map(({ action, fields }) => `${action} ${fields}`);

async function confirmEmail(): Promise<void> {
  const before = mail.mails.length;
  await post("/profile/email", { email: EMAIL }, carol);
  const link = linkIn(mail.mails[before]);
  expect((await post("/pages/confirm-email", { token: tokenOf(link) })).status).toBe(303);
}

/** Asks for a link, and returns the one that is mailed. */
async function mailedLink(who: string): Promise<string> {
  const before = mail.mails.length;
  await forget(who);
  return linkIn((await mail.waitFor(before + 1))[before]);
}

describe("an e-mail address", () => {
  test("counts once the link to it is opened and its form sent", async () => {
    const asked = await post("/profile/email", { email: EMAIL }, carol);
    expect(locationOf(asked)).toBe("/profile");
    expect(await textOf("/profile", carol)).toContain("None yet.");
    const link = linkIn(mail.mails[0]);
    expect(await textOf(link, null)).toContain(EMAIL);
    expect(await textOf("/profile", carol)).toContain("None yet.");
    await post("/pages/confirm-email", { token: tokenOf(link) });
    expect(await textOf("/profile", carol)).toContain(`Yours is ${EMAIL}.`);
    expect((await dashboard.ask(link)).status).toBe(410);
    expect(userActionsIn()).toEqual(['user.update ["email"]', "user.email_link []", "user.create []"]);
  });

  test("is told when another takes its place or it is removed, and links to it end", async () => {
    await confirmEmail();
    const link = await mailedLink("carol");
    await post("/profile/email", { email: "carol@other.example" }, carol);
    await post("/pages/confirm-email", { token: tokenOf(linkIn(mail.mails.at(-1))) });
    const told = (await mail.waitFor(4)).at(-1);
    expect([told?.to, told?.text.includes("no longer uses this e-mail address")]).toEqual([[EMAIL], true]);
    expect((await dashboard.ask(link)).status).toBe(410);
    await post("/profile/email/remove", {}, carol);
    expect((await mail.waitFor(5)).at(-1)?.to).toEqual(["carol@other.example"]);
  });

  test("needs a fresh proof, and is an address", async () => {
    expect((await post("/profile/email", { email: "carol" }, carol)).status).toBe(422);
    dashboard.clock.advance(HOUR_MS);
    const asked = await post("/profile/email", { email: EMAIL }, carol);
    expect(await asked.text()).toContain("Confirm that it is you");
    expect(mail.mails).toHaveLength(0);
  });
});

describe("a forgotten password", () => {
  test("is replaced by the link in an e-mail, once, and every session ends", async () => {
    await confirmEmail();
    expect(await textOf("/pages/login", null)).toContain(FORGOT);
    const link = await mailedLink(EMAIL.toUpperCase());
    for (let times = 0; times < 3; times++) expect((await dashboard.ask(link)).status).toBe(200);
    const poor = await setPassword(link, "short");
    expect([poor.status, (await poor.text()).includes("fewer than 10 characters")]).toEqual([422, true]);
    expect(locationOf(await setPassword(link))).toBe("/pages/login");
    expect((await dashboard.ask("/profile", { cookie: carol })).status).toBe(303);
    expect((await post("/pages/login", { username: "carol", password: PASSWORD })).status).toBe(422);
    expect(await dashboard.signIn("carol", NEW_PASSWORD)).not.toBe("");
    expect((await setPassword(link, "eight-green-bottles")).status).toBe(410);
    const told = (await mail.waitFor(3)).at(-1);
    expect(told?.text).toContain("was changed");
    expect(userActionsIn().slice(0, 2)).toEqual(['user.update ["password"]', "user.password_link []"]);
    expect(JSON.stringify(dashboard.lines)).not.toContain(tokenOf(link));
  });

  test("gets the same answer and no e-mail where nobody has the name, or no confirmed address", async () => {
    await confirmEmail();
    const known = await (await forget("carol")).text();
    await mail.waitFor(2);
    for (const who of ["nobody", "nobody@example.com", "root", ""]) {
      const answer = await forget(who);
      expect([answer.status, await answer.text()]).toEqual([200, known]);
    }
    await mailedLink("carol");
    expect(mail.mails.map(({ to }) => to[0])).toEqual([EMAIL, EMAIL, EMAIL]);
    const { entries } = dashboard.audit.search({ readerId: null, limit: 50 });
    expect(entries.filter(({ action }) => action === "user.password_link")).toHaveLength(2);
  });

  test("ends after an hour, with another new password, and when the user is disabled", async () => {
    await confirmEmail();
    const old = await mailedLink("carol");
    dashboard.clock.advance(HOUR_MS);
    expect((await setPassword(old)).status).toBe(410);
    const replaced = await mailedLink("carol");
    await dashboard.users.setPassword({ userId: dashboard.carolId, password: NEW_PASSWORD });
    expect((await setPassword(replaced)).status).toBe(410);
    const disabled = await mailedLink("carol");
    dashboard.users.disable(dashboard.carolId);
    dashboard.users.enable(dashboard.carolId);
    expect((await setPassword(disabled)).status).toBe(410);
  });

  test("fills no mailbox: three open links at most, and waits by name and by address", async () => {
    await confirmEmail();
    for (const who of ["carol", EMAIL, "CAROL"]) await mailedLink(who);
    for (let times = 0; times < 2; times++) await forget("carol");
    expect((await forget("carol")).status).toBe(429);
    dashboard.clock.advance(MINUTE_MS);
    for (let times = 0; times < 6; times++) await forget(`nobody-${times}`);
    const limited = await forget("somebody else");
    expect([limited.status, limited.headers.has("retry-after")]).toEqual([429, true]);
    expect(mail.mails).toHaveLength(4);
    // Signing in from there is not slowed down.
    expect(await dashboard.signIn("carol")).not.toBe("");
  });

  test("leaves the second factor on", async () => {
    await confirmEmail();
    const { secondFactors } = dashboard;
    secondFactors.put({ id: dashboard.carolId, secret: "x", lastStep: 0, createdAt: 0 }, []);
    expect((await setPassword(await mailedLink("carol"))).status).toBe(303);
    const half = await post("/pages/login", { username: "carol", password: NEW_PASSWORD });
    expect(locationOf(half)).toStartWith("/pages/login/code");
  });
});

describe("an administrator", () => {
  let root: string;

  beforeEach(async () => {
    root = await dashboard.signIn("root");
  });

  const linkFor = async (userId: string) => {
    const answer = await post(`/admin/users/${userId}/password-link`, {}, root);
    const html = await textOf(locationOf(answer), root);
    return { answer, html, link: /\/pages\/reset-password\?token=[\w-]+/.exec(html)?.[0] ?? "" };
  };

  test("hands on a link, which is shown once", async () => {
    const { answer, html, link } = await linkFor(dashboard.carolId);
    expect(html).toContain("Link to a new password for carol");
    expect(await textOf(locationOf(answer), root)).not.toContain(tokenOf(link));
    expect((await dashboard.ask("/profile", { cookie: carol })).status).toBe(200);
    expect((await setPassword(link)).status).toBe(303);
    expect(await dashboard.signIn("carol", NEW_PASSWORD)).not.toBe("");
  });

  test("makes none for the own account and for service accounts, and proves who it is", async () => {
    const { id } = await dashboard.users.create({ username: "robot", password: null, role: "user" });
    expect((await linkFor(id)).answer.status).toBe(404);
    expect((await linkFor(dashboard.rootId)).answer.status).toBe(409);
    expect((await post(`/admin/users/${dashboard.rootId}/password-link`, {}, carol)).status).toBe(403);
    dashboard.clock.advance(HOUR_MS);
    expect((await linkFor(dashboard.carolId)).link).toBe("");
  });
});

test("without a mail server nobody is offered a link, and the page says whom to ask", async () => {
  await dashboard.stop();
  dashboard = await startTestDashboard();
  expect(await textOf("/pages/login", null)).not.toContain(FORGOT);
  expect(await textOf(FORGOT, null)).toContain("Ask an administrator.");
  expect((await forget("carol")).status).toBe(200);
  carol = await dashboard.signIn("carol");
  expect(await textOf("/profile", carol)).not.toContain("/profile/email");
});
