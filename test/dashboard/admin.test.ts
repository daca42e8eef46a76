import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configVariables } from "../../src/config.ts";
import { newId } from "../../src/lib/ids.ts";
import { noteBackup } from "../../src/storage/backup/last-backup.ts";
import { startMailServer } from "../support/mail-server.ts";
import { ENVIRONMENT, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let root: string;

beforeEach(async () => {
  dashboard = await startTestDashboard();
  root = await dashboard.signIn("root");
});

afterEach(() => dashboard.stop());

const SHOWN = /<code class="copy-text">([\w-]{20})<\/code>/;

function post(path: string, form: Record<string, string> = {}) {
  return dashboard.ask(path, { form, cookie: root });
}

/** Follows the redirect to the page with a generated password, and signs in with it. */
async function passwordAfter(answer: Response): Promise<string> {
  expect(answer.status).toBe(303);
  const page = await (await dashboard.ask(answer.headers.get("location") ?? "", { cookie: root })).text();
  return SHOWN.exec(page)?.[1] ?? "";
}

describe("administrators", () => {
  test("add users, whose password is generated and shown once", async () => {
    const answer = await post("/admin/users", { username: "erin", role: "user" });
    const password = await passwordAfter(answer);
    expect(await dashboard.signIn("erin", password)).not.toBe("");
    const again = await dashboard.ask(answer.headers.get("location") ?? "", { cookie: root });
    expect(await again.text()).not.toContain(password);
    expect(dashboard.users.findByUsername("erin")?.role).toBe("user");
  });

  test("see an error for a taken or invalid name beside the field, and the name is kept", async () => {
    const taken = await post("/admin/users", { username: "Carol", role: "admin" });
    expect(taken.status).toBe(422);
    const page = await taken.text();
    expect(page).toContain("User already exists.");
    expect(page).toContain('value="Carol"');
    expect(page).toContain('<option value="admin" selected');
    expect((await post("/admin/users", { username: "a b" })).status).toBe(422);
    expect((await post("/admin/users", {})).status).toBe(422);
  });

  test("disable users after a confirmation, which signs them out and refuses their keys, and enable them", async () => {
    const carol = await dashboard.signIn("carol");
    const { token } = dashboard.apiKeys.create({ userId: dashboard.carolId, name: "k" });
    const path = `/admin/users/${dashboard.carolId}`;
    expect(await (await post(`${path}/disable`)).text()).toContain("Disable carol?");
    expect((await dashboard.ask("/profile", { cookie: carol })).status).toBe(200);
    await post(`${path}/disable`, { confirmed: "yes" });
    expect((await dashboard.ask("/profile", { cookie: carol })).status).toBe(303);
    expect(dashboard.apiKeys.authenticate(token)).toBeNull();
    await post(`${path}/enable`);
    expect(dashboard.apiKeys.authenticate(token)).not.toBeNull();
    expect((await dashboard.ask("/profile", { cookie: carol })).status).toBe(303);
    expect(await dashboard.signIn("carol")).not.toBe("");
  });

  test("reset passwords after a confirmation", async () => {
    const path = `/admin/users/${dashboard.carolId}/password`;
    expect(await (await post(path)).text()).toContain("Reset the password of carol?");
    const password = await passwordAfter(await post(path, { confirmed: "yes" }));
    expect(await dashboard.signIn("carol", password)).not.toBe("");
  });

  test("end all sessions of a user after a confirmation", async () => {
    const cookies = [await dashboard.signIn("carol"), await dashboard.signIn("carol")];
    const path = `/admin/users/${dashboard.carolId}/sign-out`;
    const statuses = () =>
      Promise.all(cookies.map(async (cookie) => (await dashboard.ask("/profile", { cookie })).status));
    expect(await (await dashboard.ask(path, { cookie: root, form: {} })).text()).toContain(
      "must sign in again",
    );
    expect(await statuses()).toEqual([200, 200]);
    const done = await dashboard.ask(path, { cookie: root, form: { confirmed: "yes" } });
    expect(done.headers.get("location")).toBe("/admin/users");
    expect(await statuses()).toEqual([303, 303]);
    expect((await dashboard.ask("/admin/users", { cookie: root })).status).toBe(200);
    const own = await dashboard.ask(`/admin/users/${dashboard.rootId}/sign-out`, { cookie: root, form: {} });
    expect(own.status).toBe(409);
  });

  test("cannot lock themselves out", async () => {
    for (const act of ["disable", "password"]) {
      const answer = await post(`/admin/users/${dashboard.rootId}/${act}`, { confirmed: "yes" });
      expect(answer.status).toBe(409);
    }
    expect((await dashboard.ask("/profile", { cookie: root })).status).toBe(200);
  });

  test("get 404 for unknown users", async () => {
    for (const id of [newId(), "x"]) {
      for (const act of ["disable", "enable", "password"]) {
        expect((await post(`/admin/users/${id}/${act}`, { confirmed: "yes" })).status).toBe(404);
      }
    }
  });
});

describe("service accounts", () => {
  test("are added by administrators, cannot sign in, and get keys that are shown once", async () => {
    const added = await post("/admin/users", { username: "robot", role: "service" });
    const bot = dashboard.users.findByUsername("robot");
    const path = `/admin/service-accounts/${bot?.id}/api-keys`;
    expect([added.headers.get("location"), bot?.hasPassword]).toEqual([path, false]);
    for (const password of ["", "robot"]) {
      const form = { username: "robot", password };
      expect((await dashboard.ask("/pages/login", { form })).status).toBe(422);
    }
    expect((await post(`/admin/users/${bot?.id}/password`, { confirmed: "yes" })).status).toBe(404);
    const made = await post(path, { name: "k", access: "some", "scope.replay": "true" });
    const page = await (await dashboard.ask(made.headers.get("location") ?? "", { cookie: root })).text();
    const token = /whk_[\w-]{43}/.exec(page)?.[0] ?? "";
    expect(dashboard.apiKeys.authenticate(token)).toMatchObject({ userId: bot?.id, scopes: ["replay"] });
    expect((await post(path, { name: "" })).status).toBe(422);
    const [key] = dashboard.apiKeys.list({ userId: bot?.id });
    expect(await (await post(`${path}/${key?.id}/revoke`)).text()).toContain("Revoke the API key k?");
    await post(`${path}/${key?.id}/revoke`, { confirmed: "yes" });
    expect(dashboard.apiKeys.authenticate(token)).toBeNull();
  });

  test("are the only users whose keys administrators see and create", async () => {
    const { apiKey } = dashboard.apiKeys.create({ userId: dashboard.carolId, name: "k" });
    const path = `/admin/service-accounts/${dashboard.carolId}/api-keys`;
    expect((await dashboard.ask(path, { cookie: root })).status).toBe(404);
    expect((await post(path, { name: "mine" })).status).toBe(404);
    expect((await post(`${path}/${apiKey.id}/revoke`, { confirmed: "yes" })).status).toBe(404);
    expect(dashboard.apiKeys.list({ userId: dashboard.carolId })).toHaveLength(1);
  });
});

describe("the server page", () => {
  test("shows every variable of the configuration, and no secret", async () => {
    const page = await (await dashboard.ask("/admin/server", { cookie: root })).text();
    for (const { name } of configVariables) expect(page).toContain(name);
    for (const secret of [ENVIRONMENT.SECRET_KEY, ENVIRONMENT.ADMIN_PASSWORD, ENVIRONMENT.METRICS_PASSWORD]) {
      expect(page).not.toContain(secret);
    }
    expect(page).toContain(ENVIRONMENT.METRICS_USERNAME);
  });

  test("shows version, uptime, files and how many are open", async () => {
    dashboard.clock.advance(3_700_000);
    const page = await (await dashboard.ask("/admin/server", { cookie: root })).text();
    for (const text of ["webhooker 1.2.3", "1 h 1 min", "4 KB", "8 KB", "2 files", "of at most 10"]) {
      expect(page).toContain(text);
    }
    expect(page).toContain(dashboard.config.dataDir);
  });

  test("starts a check of the databases, and shows its result", async () => {
    const page = async () => (await dashboard.ask("/admin/server", { cookie: root })).text();
    expect(await page()).toContain("Not run since startup.");
    expect((await post("/admin/server/check")).headers.get("location")).toBe("/admin/server");
    expect(await page()).toContain("A check is running. It started");
    await dashboard.checks.run();
    expect(await page()).toContain("The main database and 0 event files,");
    writeFileSync(join(dashboard.config.dataDir, "events-<b>.db"), "no database at all".repeat(100));
    await dashboard.checks.run();
    const faulty = await page();
    expect(faulty).toContain("1 fault<");
    expect(faulty).toContain("events-&lt;b&gt;.db");
    expect(faulty).toContain("file is not a database");
  });

  test("shows what is going on: free disk, queue, attempts, memory and the event loop's lag", async () => {
    const figures = {
      disk: { freeBytes: 3 * 1024 ** 3, reserveBytes: 256 * 1024 ** 2 },
      pending: 1_204,
      inFlight: 7,
      openCircuits: 1,
      memoryBytes: 96 * 1024 ** 2,
      lagMs: 12,
    };
    const busy = await startTestDashboard({}, { dashboard: (own) => ({ ...own, figures: () => figures }) });
    const cookie = await busy.signIn("root");
    const page = await (await busy.ask("/admin/server", { cookie })).text();
    for (const text of [
      "3 GB",
      "256 MB are kept",
      "1,204",
      "deliveries, 7 in flight, 1 open circuit",
      "96 MB",
      "12 ms",
    ]) {
      expect(page).toContain(text);
    }
    figures.pending = 1;
    expect(await (await busy.ask("/admin/server", { cookie })).text()).toContain("delivery, 7 in flight");
    await busy.stop();
  });

  test("shows the last backup", async () => {
    const page = async () => (await dashboard.ask("/admin/server", { cookie: root })).text();
    expect(await page()).toContain("No backup yet.");
    const backup = { at: dashboard.clock.now(), eventFiles: 3, bytes: 5_000_000, faults: 0 };
    await noteBackup(dashboard.config.dataDir, backup);
    expect(await page()).toContain("The main database and 3 event files, 4.8 MB,");
    await noteBackup(dashboard.config.dataDir, { ...backup, faults: 2 });
    expect(await page()).toContain("2 files missing");
    writeFileSync(join(dashboard.config.dataDir, "last-backup.json"), "{");
    expect(await page()).toContain("No backup yet.");
  });

  test("lists first what differs from the defaults", async () => {
    const page = await (await dashboard.ask("/admin/server", { cookie: root })).text();
    const [changed = "", byDefault = ""] = page.slice(page.indexOf(">Configuration<")).split("<details");
    for (const name of ["SECRET_KEY", "ADMIN_PASSWORD", "METRICS_USERNAME", "DATA_DIR"]) {
      expect(changed).toContain(`>${name}<`);
    }
    expect(changed).not.toContain(">LOG_LEVEL<");
    expect(byDefault).toContain(">LOG_LEVEL<");
  });

  test("says why no e-mail can be sent, or sends a test e-mail", async () => {
    const mail = await startMailServer();
    const sends = await startTestDashboard({ SMTP_URL: mail.url, MAIL_FROM: "hooks@example.com" });
    const cookie = await sends.signIn("root");
    const send = (email: string) => sends.ask("/admin/server/mail", { cookie, form: { email } });
    const wrong = await send("nobody");
    expect([wrong.status, (await wrong.text()).includes("Must be an e-mail address.")]).toEqual([422, true]);
    expect((await send("root@example.com")).headers.get("location")).toBe("/admin/server");
    const [received] = await mail.waitFor(1);
    expect(received).toMatchObject({ from: "hooks@example.com", to: ["root@example.com"] });
    expect((await send("root@example.com")).status).toBe(303);
    sends.clock.advance(5_000);
    mail.refuseWith("no such mailbox");
    const refused = await send("root@example.com");
    expect(refused.status).toBe(303);
    const flash = refused.headers.getSetCookie().find((line) => line.includes("webhooker_flash="));
    const shown = await sends.ask("/admin/server", { cookie: `${cookie}; ${flash?.split(";", 1)[0]}` });
    expect(await shown.text()).toContain("no such mailbox");
    expect(mail.mails).toHaveLength(1);
    await sends.stop();
    await mail.close();
    const page = await (await dashboard.ask("/admin/server", { cookie: root })).text();
    expect(page).toContain("SMTP_URL is not set");
    expect((await post("/admin/server/mail", { email: "root@example.com" })).status).toBe(404);
  });
});
