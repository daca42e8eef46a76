/** A passkey signs in on the sign-in page, and proves who it is before a sensitive action. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { addPasskey, answerForm } from "../support/passkeys.ts";
import { cookieOf, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";
import { createVirtualDevice } from "../support/virtual-device.ts";

const ORIGIN = "http://localhost:8080";
const HOUR_MS = 3_600_000;

let dashboard: TestDashboard;
let carol: string;
let device: ReturnType<typeof createVirtualDevice>;

beforeEach(async () => {
  dashboard = await startTestDashboard();
  carol = await dashboard.signIn("carol");
  device = createVirtualDevice();
  await addPasskey({ url: dashboard.server.url, origin: ORIGIN }, carol, device);
});
afterEach(() => dashboard.stop());

async function signIn(next = "/profile"): Promise<Response> {
  const page = await (await dashboard.ask(`/pages/login?next=${next}`)).text();
  const form = answerForm(page, { device, origin: ORIGIN, does: "get" });
  return dashboard.ask("/pages/login/passkey", { form: { ...form, next } });
}

test("signs in without password and code, and goes where the reader wanted to", async () => {
  const answer = await signIn("/profile/audit");
  expect(answer.headers.get("location")).toBe("/profile/audit");
  const page = await dashboard.ask("/profile/audit", { cookie: cookieOf(answer) });
  expect(await page.text()).toContain("Create passkey");
});

test("signs in nobody once it is removed, its user is disabled, or with another's answer", async () => {
  const refused = async () => {
    const answer = await signIn();
    return cookieOf(answer) === "" && answer.headers.get("location") === "/pages/login?next=%2Fprofile";
  };
  expect(await refused()).toBe(false);
  dashboard.users.disable(dashboard.carolId);
  expect(await refused()).toBe(true);
  dashboard.users.enable(dashboard.carolId);
  carol = await dashboard.signIn("carol");
  const path = `/profile/passkeys/${device.id}/remove`;
  const asked = await dashboard.ask(path, { form: {}, cookie: carol });
  expect(await asked.text()).toContain("Remove the passkey Software?");
  await dashboard.ask(path, { form: { confirmed: "yes" }, cookie: carol });
  expect(await refused()).toBe(true);
  expect((await dashboard.ask(path, { form: { confirmed: "yes" }, cookie: carol })).status).toBe(404);
});

test("of another user cannot be removed, and is not found", async () => {
  const root = await dashboard.signIn("root");
  for (const id of [device.id, newId()]) {
    const path = `/profile/passkeys/${id}/remove`;
    expect((await dashboard.ask(path, { form: { confirmed: "yes" }, cookie: root })).status).toBe(404);
  }
  expect(cookieOf(await signIn())).not.toBe("");
});

test("proves who it is before a sensitive action, and only its own user", async () => {
  dashboard.clock.advance(HOUR_MS);
  const path = "/profile/api-keys";
  const ask = async (cookie: string) =>
    (await dashboard.ask(path, { form: { name: "deploys" }, cookie })).text();
  const html = await ask(carol);
  expect(html).toContain("Use a passkey");
  const proof = () => answerForm(html, { device, origin: ORIGIN, does: "get" });
  const root = await dashboard.signIn("root");
  dashboard.clock.advance(HOUR_MS);
  expect(await ask(root)).not.toContain("Use a passkey");
  const late = await dashboard.ask(path, { form: { name: "deploys", ...proof() }, cookie: carol });
  expect(late.status).toBe(422);
  const again = await ask(carol);
  const form = { name: "deploys", ...answerForm(again, { device, origin: ORIGIN, does: "get" }) };
  expect((await dashboard.ask(path, { form, cookie: root })).status).toBe(422);
  const third = await ask(carol);
  const own = { name: "deploys", ...answerForm(third, { device, origin: ORIGIN, does: "get" }) };
  expect((await dashboard.ask(path, { form: own, cookie: carol })).status).toBe(303);
  expect(dashboard.apiKeys.list().map(({ userId }) => userId)).toEqual([dashboard.carolId]);
});

test("is added to an older sign-in after the password, and the device is not asked again", async () => {
  dashboard.clock.advance(HOUR_MS);
  const another = createVirtualDevice();
  const page = await (await dashboard.ask("/profile/passkeys", { cookie: carol })).text();
  const form = { name: "Phone", ...answerForm(page, { device: another, origin: ORIGIN, does: "create" }) };
  const asked = await (await dashboard.ask("/profile/passkeys", { form, cookie: carol })).text();
  expect(asked).toContain("Confirm that it is you");
  expect(asked).toContain('name="new_passkey_answer"');
  const proved = { ...form, ...answerForm(asked, { device, origin: ORIGIN, does: "get" }) };
  expect((await dashboard.ask("/profile/passkeys", { form: proved, cookie: carol })).status).toBe(303);
  expect(await (await dashboard.ask("/profile/passkeys", { cookie: carol })).text()).toContain("Phone");
});

test("is not offered where browsers have none", async () => {
  const other = await startTestDashboard({ BASE_URL: "https://192.0.2.1" });
  expect(await (await other.ask("/pages/login")).text()).not.toContain("passkey");
  await other.stop();
});
