import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type SourcePages, startSourcePages } from "../support/webhook-pages.ts";

let all: SourcePages;
beforeAll(async () => {
  all = await startSourcePages();
});
afterAll(() => all.stop());

const HTTP = { name: "CRM", type: "http", url: "https://crm.example/in" };
const SECRET = /whsec_[A-Za-z0-9+/]{43}=/;

/** Returns the new target's path, and the page that its form led to. */
async function add(form: Record<string, string>) {
  const before = await all.useCases.targets.list(all.of);
  const answer = await all.pages.post(`${all.paths.webhook}/targets`, form);
  const made = (await all.useCases.targets.list(all.of)).find(
    ({ id }) => !before.some((each) => each.id === id),
  );
  const path = `${all.paths.webhook}/targets/${made?.id}`;
  return { answer, made, path, get: () => all.useCases.targets.get({ ...all.of, targetId: made?.id ?? "" }) };
}

async function shownAt(location: string | null): Promise<{ secret: string | undefined; html: string }> {
  const { html } = await all.pages.get(location ?? "");
  return { secret: SECRET.exec(html)?.[0], html };
}

describe("a signing secret", () => {
  test("is shown once on the page after its target was added", async () => {
    const { answer, made } = await add({ ...HTTP, "signing.scheme": "v1", "signing.secret": "" });
    expect(made?.signing.scheme).toBe("v1");
    expect(answer.status).toBe(303);
    const first = await shownAt(answer.location);
    expect(first.html).toContain("Signing secret of CRM");
    expect(first.secret).toBeDefined();
    expect((await shownAt(answer.location)).secret).toBeUndefined();
  });

  test("is shown once after a rotation, and both sign for the chosen hours", async () => {
    const { path, get } = await add(HTTP);
    const page = await all.pages.get(`${path}/signing`);
    expect(page.html).toContain("webhook-signature");
    for (const language of ["Node.js", "Python", "Go", "PHP", "Ruby", "Shell"]) {
      expect(page.html).toContain(`<summary>${language}</summary>`);
    }
    const answer = await all.pages.post(`${path}/signing/rotate`, { overlap_hours: "3", secret: "" });
    expect((await shownAt(answer.location)).secret).toBeDefined();
    expect((await get()).signing.previousUntil).toBe(all.clock.now() + 3 * 3_600_000);
    expect((await all.pages.get(`${path}/signing`)).html).toContain("also signs until");
  });

  test("of the user's own is accepted, and shown nowhere", async () => {
    const own = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
    const { answer, path } = await add({ ...HTTP, "signing.scheme": "v1", "signing.secret": ` ${own} ` });
    expect(answer.location).toBe(all.paths.webhook);
    for (const page of [all.paths.webhook, `${path}/edit`, `${path}/signing`]) {
      expect((await all.pages.get(page)).html).not.toContain(own);
    }
    const wrong = await all.pages.post(`${path}/signing/rotate`, { overlap_hours: "721", secret: own });
    expect([wrong.status, wrong.html.includes("Must be at most 720.")]).toEqual([422, true]);
    expect(wrong.html).not.toContain(own);
  });

  test("that is invalid is refused beside its field, in the section that is then open", async () => {
    const { answer, made } = await add({ ...HTTP, "signing.scheme": "v1", "signing.secret": "hunter2" });
    expect([answer.status, made]).toEqual([422, undefined]);
    expect(answer.html).toMatch(/<details class="more" open[^>]*><summary><span>Signing</);
    expect(answer.html).toContain("Must begin with whsec_");
  });
});

test("a target's form shows how it signs, and keeps the secret unless another scheme is chosen", async () => {
  const { path, get } = await add({ ...HTTP, "signing.scheme": "v1a", "signing.secret": "" });
  const { publicKey } = (await get()).signing;
  const { html } = await all.pages.get(`${path}/edit`);
  expect(html).toMatch(/<option value="v1a" selected[^>]*>/);
  expect((await all.pages.get(`${path}/signing`)).html).toContain(publicKey ?? "none");
  const form = { name: "CRM", url: HTTP.url, "signing.secret": "" };
  await all.pages.post(`${path}/edit`, { ...form, "signing.scheme": "v1a" });
  expect((await get()).signing.publicKey).toBe(publicKey);
  await all.pages.post(`${path}/edit`, { ...form, "signing.scheme": "none" });
  expect((await get()).signing.scheme).toBe("none");
  expect((await all.pages.get(`${path}/signing`)).html).toContain("not signed");
  const on = await all.pages.post(`${path}/edit`, { ...form, "signing.scheme": "v1" });
  expect((await shownAt(on.location)).secret).toBeDefined();
});

test("a type that does not sign has no such section", async () => {
  const slack = await all.pages.get(`${all.paths.webhook}/targets/new?type=slack`);
  expect(slack.html).not.toContain("signing.scheme");
  const http = await all.pages.get(`${all.paths.webhook}/targets/new?type=http`);
  expect(http.html).toContain('name="signing.scheme"');
});

test("a target that the gateway disabled shows the reason, until it is enabled", async () => {
  const { made, path } = await add(HTTP);
  const { id = "" } = made ?? {};
  const reason = "It answered 410 (Gone).";
  all.mainDb.targets.deactivate({ id, webhookId: all.of.webhookId, reason, at: all.clock.now() });
  expect((await all.pages.get(all.paths.webhook)).html).toContain(reason);
  await all.pages.post(`${path}/toggle`, { active: "true" });
  expect((await all.pages.get(all.paths.webhook)).html).not.toContain(reason);
});

test("delays and statuses are read from their lists, and an emptied age is no limit", async () => {
  const list = { retry_strategy: "list", retry_delays_seconds: "5\n60, 300" };
  const rest = { no_retry_statuses: "4xx\n501", max_age_hours: "48", on_gone: "retry", retry_factor: "1.5" };
  const { path, get } = await add({ ...HTTP, ...list, ...rest });
  expect((await get()).policy).toMatchObject({
    retry_strategy: "list",
    retry_delays_seconds: [5, 60, 300],
    no_retry_statuses: ["4xx", "501"],
    max_age_hours: 48,
    on_gone: "retry",
    retry_factor: 1.5,
  });
  const { html } = await all.pages.get(`${path}/edit`);
  expect(html).toMatch(/name="retry_factor"[^>]*step="any"/);
  expect(html).toContain("\n5\n60\n300");
  const form = { name: "CRM", url: HTTP.url, max_age_hours: "", no_retry_statuses: "" };
  await all.pages.post(`${path}/edit`, form);
  expect((await get()).policy).toMatchObject({
    max_age_hours: null,
    no_retry_statuses: [],
    on_gone: "retry",
  });
});
