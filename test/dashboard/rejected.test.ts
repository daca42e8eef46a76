/** The pages of rejected requests: shown, re-checked and deleted, without a script, by their owner only. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { newIdAt } from "../../src/lib/ids.ts";
import { HOSTILE } from "../support/hostile.ts";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

const SECRET = "the right secret";

let dashboard: TestDashboard;
let of: { userId: string; webhookId: string; entrypointId: string };
let path: string;
let cookie: string;

beforeEach(async () => {
  dashboard = await startTestDashboard();
  const { useCases, carolId: userId } = dashboard;
  const { id: webhookId } = await useCases.webhooks.create({ userId, input: { name: "Shop" } });
  const verification = { type: "github", config: { secret: SECRET } };
  const made = await useCases.entrypoints.create({ userId, webhookId, input: { name: "Hub", verification } });
  of = { userId, webhookId, entrypointId: made.id };
  path = `/source/${webhookId}/rejected`;
  cookie = await dashboard.signIn("carol");
});
afterEach(() => dashboard.stop());

async function addRejected(
  body: string,
  secret = SECRET,
  reason = "The signature is not right.",
): Promise<string> {
  const receivedAt = dashboard.clock.now();
  const id = newIdAt(receivedAt);
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  await dashboard.storage.rejected.keep(of.webhookId, {
    id,
    entrypointId: of.entrypointId,
    receivedAt,
    method: "POST",
    pathTail: "/a",
    query: "b=c",
    headers: [["x-hub-signature-256", `sha256=${signature}`]],
    contentType: "text/plain",
    remoteAddress: "192.0.2.1",
    reason,
    sealedSecret: null,
    body: new TextEncoder().encode(body),
  });
  return id;
}

const get = async (to: string) => (await dashboard.ask(to, { cookie })).text();
const post = (to: string, form: Record<string, string>) => dashboard.ask(to, { cookie, form });
const left = () => dashboard.storage.rejected.listIds(of.webhookId, null);

test("an empty list says what it will contain", async () => {
  expect(await get(path)).toContain("No rejected requests");
});

test("each is listed with its reason and shown completely, and hostile text in it stays text", async () => {
  const [hostile = ""] = HOSTILE;
  const id = await addRejected(hostile, SECRET, `Because of ${hostile}`);
  for (const page of [await get(path), await get(`${path}/${id}`)]) {
    expect(page).toContain("Because of");
    expect(page).not.toContain(hostile);
  }
  const verification = `/source/${of.webhookId}/entrypoints/${of.entrypointId}/verification`;
  expect(await get(`${path}/${id}`)).toContain(`href="${verification}"`);
  expect(await get(verification)).toContain("Others get 401 and are kept for a while");
  const download = await dashboard.ask(`${path}/${id}/body`, { cookie });
  expect(await download.text()).toBe(hostile);
  expect(download.headers.get("content-disposition")).toStartWith("attachment");
});

test("one, or all, are re-checked, and those that pass are in the log", async () => {
  const [first, forged] = [await addRejected("1"), await addRejected("2", "forged"), await addRejected("3")];
  const one = await post(`${path}/verify`, { id: first });
  expect([one.status, one.headers.get("location")]).toEqual([303, path]);
  expect(await left()).toHaveLength(2);
  await post(`${path}/verify`, { entrypoint: of.entrypointId });
  expect(await left()).toEqual([forged]);
  expect(await dashboard.storage.events.countEvents(of.webhookId)).toBe(2);
  const page = await dashboard.storage.events.searchEvents(of.webhookId, {
    limit: 1,
    cursor: null,
    filter: {},
  });
  const event = await get(`/source/${of.webhookId}/events/${page.events[0]?.id}`);
  expect(event).toContain("accepted on re-check");
});

test("the webhook's page counts them, and re-checks those of an entrypoint", async () => {
  await addRejected("1");
  await addRejected("2", "forged");
  const page = `/source/${of.webhookId}`;
  expect(await get(page)).toContain("2 rejected requests: ");
  await post(`${path}/verify`, { entrypoint: of.entrypointId });
  expect(await get(page)).toContain("1 rejected request: ");
  await post(`${path}/delete`, { confirmed: "yes" });
  expect(await get(page)).not.toContain("rejected request");
});

test("they are deleted only after a confirmation", async () => {
  const id = await addRejected("1");
  await addRejected("2");
  const asked = await post(`${path}/delete`, { id });
  expect(asked.status).toBe(200);
  expect(await asked.text()).toContain("Delete this rejected request?");
  expect(await left()).toHaveLength(2);
  await post(`${path}/delete`, { id, confirmed: "yes" });
  expect(await left()).toHaveLength(1);
  expect(await (await post(`${path}/delete`, {})).text()).toContain("Delete 1 rejected request?");
  await post(`${path}/delete`, { confirmed: "yes" });
  expect(await left()).toEqual([]);
});

test("other users neither see nor change them", async () => {
  const id = await addRejected("1");
  cookie = await dashboard.signIn("root");
  for (const page of [path, `${path}/${id}`, `${path}/${id}/body`]) {
    expect((await dashboard.ask(page, { cookie })).status).toBe(404);
  }
  for (const goal of [`${path}/verify`, `${path}/delete`]) {
    expect((await post(goal, { id, confirmed: "yes" })).status).toBe(404);
  }
  expect(await left()).toEqual([id]);
});
