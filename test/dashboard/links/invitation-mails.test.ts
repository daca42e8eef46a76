/** Invitations go out by e-mail where the server sends any. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { linkIn, type MailServer, startMailServer } from "../../support/mail-server.ts";
import { startTestDashboard, type TestDashboard } from "../../support/test-dashboard.ts";

const SERVER = "/admin/invitations";
const PASSWORD = "seven-green-bottles";

let mail: MailServer;
let dashboard: TestDashboard;
let root: string;
let carol: string;

const post = (path: string, form: Record<string, string>, cookie: string | null) =>
  dashboard.ask(path, { form, cookie });
const textOf = async (path: string, cookie: string | null) => (await dashboard.ask(path, { cookie })).text();
const locationOf = (answer: Response) => answer.headers.get("location") ?? "";
const linkOn = (html: string) => /\/invitation\?token=[\w-]+/.exec(html)?.[0] ?? "";
const tokenOf = (link: string) => link.split("token=")[1] ?? "";
const accept = (link: string, form: Record<string, string>) =>
  post("/invitation", { token: tokenOf(link), ...form }, null);

async function addWebhook(cookie: string, name: string): Promise<string> {
  const answer = await post("/sources/new", { name }, cookie);
  return /\/source\/([\w-]+)/.exec(locationOf(answer))?.[1] ?? "";
}

const invitationsOf = (webhookId: string) => `/source/${webhookId}/sharing/invitations`;

beforeEach(async () => {
  mail = await startMailServer();
  dashboard = await startTestDashboard({ SMTP_URL: mail.url, MAIL_FROM: "hooks@example.com" });
  [root, carol] = [await dashboard.signIn("root"), await dashboard.signIn("carol")];
});
afterEach(async () => {
  await dashboard.stop();
  await mail.close();
});

test("is in the e-mail only, and confirms the address of whoever accepts it", async () => {
  const answer = await post(SERVER, { email: "dora@example.com", role: "user" }, root);
  expect(locationOf(answer)).toBe(SERVER);
  expect(linkOn(await textOf(SERVER, root))).toBe("");
  expect(mail.mails[0]?.to).toEqual(["dora@example.com"]);
  await accept(linkIn(mail.mails[0]), { username: "dora", password: PASSWORD });
  expect(await textOf("/admin/users", root)).toContain("dora@example.com");
});

test("repeats no name that a mail program could take for a link", async () => {
  for (const name of ["Shop", "Win at https://evil.example", "a\r\nBcc: x@evil.example"]) {
    const webhookId = await addWebhook(carol, name);
    await post(invitationsOf(webhookId), { email: "dora@example.com", name, role: "viewer" }, carol);
  }
  expect(mail.mails).toHaveLength(3);
  const [plain, linked, broken] = mail.mails.map(({ text }) => text);
  expect(plain).toContain("Shop");
  expect(linked).not.toContain("evil");
  expect(broken).not.toContain("evil");
});

test("shows its link if the mail server does not take it, and confirms no address then", async () => {
  mail.refuseWith("the box is full");
  const answer = await post(SERVER, { email: "dora@example.com", role: "user" }, root);
  const link = linkOn(await textOf(locationOf(answer), root));
  expect((await accept(link, { username: "dora", password: PASSWORD })).status).toBe(303);
  expect(await textOf("/admin/users", root)).not.toContain("dora@example.com");
  expect(JSON.stringify(dashboard.lines)).not.toContain(tokenOf(link));
});

test("goes to anybody only some times in a while", async () => {
  const form = { email: "dora@example.com", role: "user" };
  for (let times = 0; times < 30; times++) await post(SERVER, form, root);
  const answer = await post(SERVER, form, root);
  expect(locationOf(answer)).toBe(SERVER);
  expect(mail.mails).toHaveLength(30);
  expect((await post(SERVER, { email: "not an address", role: "user" }, root)).status).toBe(422);
});
