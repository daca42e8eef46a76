/** Imports a webhook's file with a form of the dashboard. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

const PASSPHRASE = "correct horse — battery staple";

let dashboard: TestDashboard;
let cookie: string;
let webhookId: string;

beforeEach(async () => {
  dashboard = await startTestDashboard();
  cookie = await dashboard.signIn("carol");
  const userId = dashboard.carolId;
  ({ id: webhookId } = await dashboard.useCases.webhooks.create({ userId, input: { name: "Shop" } }));
  await dashboard.storage.files.create(webhookId);
  const config = { url: "https://bank.example/", headers: { authorization: "Bearer do-not-lose" } };
  await dashboard.useCases.targets.create({
    userId,
    webhookId,
    input: { name: "Bank & sons", type: "http", config },
  });
});

afterEach(() => dashboard.stop());

async function exported(passphrase: string | null = null): Promise<File> {
  const of = { userId: dashboard.carolId, webhookId };
  const { path } = await dashboard.transfer.exportWebhook({ ...of, passphrase });
  const bytes = await Bun.file(path).bytes();
  await dashboard.transfer.discard(path);
  return new File([bytes], "shop.db");
}

async function upload(
  body: FormData | URLSearchParams | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const answer = await fetch(`${dashboard.server.url}/sources/import`, {
    method: "POST",
    headers: { cookie, accept: "text/html", "sec-fetch-site": "same-origin", ...headers },
    redirect: "manual",
    body,
  });
  return { status: answer.status, location: answer.headers.get("location") ?? "", html: await answer.text() };
}

function formOf(fields: Readonly<Record<string, string | File>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

const webhookNames = async () =>
  (await dashboard.useCases.webhooks.list({ userId: dashboard.carolId })).map(({ name }) => name);
const partFiles = () => readdirSync(dashboard.config.dataDir).filter((name) => name.startsWith("transfer-"));

describe("a webhook's file", () => {
  test("becomes a webhook, whose page shows once what to check", async () => {
    const { status, location } = await upload(formOf({ file: await exported(), passphrase: "" }));
    expect([status, location]).toEqual([303, expect.stringMatching(/^\/source\/[0-9a-f-]{36}\?imported=/)]);
    expect(await webhookNames()).toEqual(["Shop", "Shop"]);
    const NOTE = "Target Bank &amp; sons is disabled. Imported without its secrets.";
    const page = await (await dashboard.ask(location, { cookie })).text();
    expect(page).toContain(NOTE);
    expect(page).toContain("target disabled");
    expect(page).not.toContain("target failing");
    expect(await (await dashboard.ask(location, { cookie })).text()).not.toContain(NOTE);
    expect(partFiles()).toEqual([]);
  });

  test("with secrets needs its passphrase, or the choice to leave them out", async () => {
    const file = await exported(PASSPHRASE);
    const missing = await upload(formOf({ file }));
    expect([missing.status, missing.html]).toEqual([422, expect.stringContaining("need the passphrase")]);
    const wrong = await upload(formOf({ file, passphrase: "another" }));
    expect([wrong.status, wrong.html]).toEqual([
      422,
      expect.stringContaining("The passphrase does not open the file"),
    ]);
    expect(await webhookNames()).toEqual(["Shop"]);
    expect(partFiles()).toEqual([]);
    const whole = await upload(formOf({ passphrase: PASSPHRASE, file }));
    expect([whole.status, whole.location]).toEqual([303, expect.not.stringContaining("imported")]);
    const bare = await upload(formOf({ file, without_secrets: "true" }));
    expect([bare.status, bare.location]).toEqual([303, expect.stringContaining("imported")]);
  });
});

describe("nothing is imported, or left behind,", () => {
  test("from a file of another kind, and the form shows the error beside its field", async () => {
    const none = await upload(formOf({ file: new File([], "") }));
    expect([none.status, none.html]).toEqual([422, expect.stringContaining("Choose the file.")]);
    const other = await upload(formOf({ file: new File(["hello"], "a.txt"), without_secrets: "true" }));
    expect([other.status, other.html]).toEqual([422, expect.stringContaining("not an exported webhook")]);
    expect(other.html).toMatch(/name="without_secrets" value="true" checked/);
    expect((await upload(new URLSearchParams({ file: "hello" }))).status).toBe(422);
    const many = formOf({ file: await exported() });
    for (let count = 0; count < 30; count++) many.append("more", "x");
    expect((await upload(many)).html).toContain("too many fields");
    expect(await webhookNames()).toEqual(["Shop"]);
    expect(partFiles()).toEqual([]);
  });

  test("from a form that is cut off, in the file or after it, however often", async () => {
    const whole = new Request("http://localhost/", {
      method: "POST",
      body: formOf({ file: await exported(), passphrase: "" }),
    });
    const headers = { "content-type": whole.headers.get("content-type") ?? "" };
    const bytes = new Uint8Array(await whole.arrayBuffer());
    for (const end of [bytes.length / 2, bytes.length / 2, bytes.length / 2, bytes.length - 50]) {
      const { status, html } = await upload(bytes.slice(0, end), headers);
      expect([status, html]).toEqual([422, expect.stringContaining("is incomplete. Send it again.")]);
    }
    expect(await webhookNames()).toEqual(["Shop"]);
    expect(partFiles()).toEqual([]);
    expect((await upload(bytes, headers)).status).toBe(303);
  });

  test("without a session, or from another site's page", async () => {
    const form = formOf({ file: await exported() });
    expect(await upload(form, { cookie: "" })).toMatchObject({
      status: 303,
      location: expect.stringContaining("/pages/login"),
    });
    expect((await upload(form, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect(await webhookNames()).toEqual(["Shop"]);
    expect(partFiles()).toEqual([]);
  });
});
