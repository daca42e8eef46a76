import { afterAll, beforeAll, expect, test } from "bun:test";
import { Html } from "@elysiajs/html";
import { NOTHING_TRIED, type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

const SECRET = "do-not-show-this-secret";
let all: SourcePages;
let path: string;

beforeAll(async () => {
  all = await startSourcePages();
  path = `${all.paths.entrypoint}/verification`;
});

afterAll(() => all.stop());

const stored = async () => {
  const of = { ...all.of, entrypointId: all.entrypoint.id };
  return (await all.useCases.entrypoints.get(of)).verification;
};

test("the form offers every provider, explains having none, and is linked from the webhook's page", async () => {
  expect((await all.pages.get(all.paths.webhook)).html).toContain(`href="${path}"`);
  const { status, html } = await all.pages.get(path);
  expect(status).toBe(200);
  expect(html).toContain("anyone with the URL can send events");
  for (const { type, label } of all.providers.list()) {
    expect(html).toContain(`href="${path}?type=${type}"`);
    expect(html).toContain(label);
  }
});

test("a provider's form is drawn from its fields, for each of them", async () => {
  for (const { type, fields, description } of all.providers.list()) {
    const { html } = await all.pages.get(`${path}?type=${type}`);
    expect(html).toContain(Html.escapeHtml(description));
    for (const { name } of fields) expect(html).toContain(`name="${name}"`);
  }
});

test("a search for one service shows its form; another search lists what fits", async () => {
  const find = async (text: string) => (await all.pages.get(`${path}?find=${encodeURIComponent(text)}`)).html;
  const offers = (html: string, type: string) => html.includes(`href="${path}?type=${type}"`);
  for (const text of ["Stripe", " stripe ", "strip"])
    expect(await find(text)).toContain("Stripe’s documentation");
  expect(await find("whatsapp")).toContain('name="verify_token"');
  const several = await find("micro");
  expect([offers(several, "github"), several.includes("Services with “micro”")]).toEqual([false, true]);
  const none = await find("<b>");
  expect(none).toContain("No service is called “&lt;b&gt;”");
  // Those that are bound to no service stay in reach.
  expect([offers(none, "stripe"), offers(none, "hmac")]).toEqual([false, true]);
});

test("each service's form links to its documentation", async () => {
  for (const { type, isGeneric } of all.providers.list()) {
    const { html } = await all.pages.get(`${path}?type=${type}`);
    expect([type, /<a href="https:[^"]+" rel="noreferrer">/.test(html)]).toEqual([type, isGeneric !== true]);
  }
});

test("a verification is saved, and shown without its secret", async () => {
  const saved = await all.pages.post(path, { type: "github", secret: SECRET });
  expect(saved).toMatchObject({ status: 303, location: all.paths.webhook });
  expect(saved.flash).toContain("GitHub");
  expect((await stored())?.type).toBe("github");
  for (const page of [all.paths.webhook, path]) {
    const { html } = await all.pages.get(page);
    expect(html).toContain("GitHub");
    expect(html).not.toContain(SECRET);
  }
});

test("an empty secret keeps the stored one, and a box removes an optional one", async () => {
  await all.pages.post(path, { type: "github", secret: "", previous_secret: "old" });
  expect((await stored())?.config).toEqual({ secret: "[secret]", previous_secret: "[secret]" });
  expect((await all.pages.get(path)).html).toContain('name="previous_secret.remove"');
  await all.pages.post(path, { type: "github", secret: "", "previous_secret.remove": "true" });
  expect((await stored())?.config).toEqual({ secret: "[secret]" });
});

test("errors come back beside their fields, with typed values except secrets", async () => {
  const form = {
    type: "hmac",
    secret: SECRET,
    header: "not a name",
    template: "{timestamp}",
    hash: "sha512",
  };
  const { status, html } = await all.pages.post(path, form);
  expect(status).toBe(422);
  expect(html).toContain("Is not a valid header name.");
  expect(html).toContain('value="{timestamp}"');
  expect((await stored())?.type).toBe("github");
});

test("rare settings are collapsed, unless one is filled in or wrong", async () => {
  const sections = async (form: Record<string, string>) => {
    const given = { type: "hmac", secret: SECRET, header: "X-S", ...form };
    const { html } = await all.pages.post(path, { ...given, tolerance_seconds: "no number" });
    return [...html.matchAll(/<details class="more"(?<open>[^>]*)>/g)].map(
      ({ groups }) => groups?.open !== "",
    );
  };
  expect(await sections({})).toEqual([false, false]);
  expect(await sections({ signature_key: "v1", timestamp_key: "t" })).toEqual([true, false]);
  expect(await sections({ separator: "a" })).toEqual([true, false]);
  expect(await sections({ header: "", signature_place: "signature" })).toEqual([false, true]);
  expect(await sections({ unsigned_body: "true" })).toEqual([false, true]);
});

test("an unknown provider is refused", async () => {
  expect((await all.pages.post(path, { type: "nobody" })).status).toBe(422);
  expect((await all.pages.get(`${path}?type=nobody`)).status).toBe(200);
});

test("verification is removed after a page that explains the consequences", async () => {
  const { html } = await all.pages.get(`${path}?type=none`);
  expect(html).toContain("the stored secrets are deleted");
  expect((await all.pages.post(path, { type: "none" })).status).toBe(303);
  expect(await stored()).toBeNull();
});

test("other users get 404", async () => {
  expect((await all.pages.get(path, { as: all.bob })).status).toBe(404);
  expect((await all.pages.post(path, { type: "none" }, { as: all.bob })).status).toBe(404);
});

test("typed settings can be tried before they are saved", async () => {
  const before = await stored();
  const refused = (of: string) =>
    [1, 2].map((n) => ({ id: `${of}${n}`, receivedAt: n, reason: `The <b>${of}${n}</b> is wrong.` }));
  all.trials.answer = {
    events: { tried: 50, untried: 0, accepted: 48, refused: refused("e") },
    rejected: { tried: 5, untried: 0, accepted: 3, refused: refused("r") },
  };
  const { status, html } = await all.pages.post(path, { type: "stripe", secret: "whsec_new", try: "true" });
  expect(status).toBe(200);
  expect(all.trials.asked).toEqual([{ verification: { type: "stripe", config: { secret: "whsec_new" } } }]);
  expect(html).toContain("48 of the last 50 events would pass.");
  expect(html).toContain("3 of the last 5 rejected requests that are kept would pass.");
  for (const id of ["e1", "r2"]) expect(html).toContain(Html.escapeHtml(`The <b>${id}</b> is wrong.`));
  expect(html).toContain("/events/e1");
  expect(html).toContain("/rejected/r2");
  expect(html).toContain('value="whsec_new"');
  expect(await stored()).toEqual(before);
});

test("a trial without stored requests says what to do", async () => {
  all.trials.answer = { events: NOTHING_TRIED, rejected: NOTHING_TRIED };
  const form = { type: "stripe", secret: "a", try: "true" };
  expect((await all.pages.post(path, form)).html).toContain("Let the provider send one first");
  all.trials.answer = { events: NOTHING_TRIED, rejected: { tried: 1, untried: 0, accepted: 1, refused: [] } };
  const { html } = await all.pages.post(path, form);
  expect(html).toContain("The one rejected request that is kept would pass.");
  expect(html).not.toContain("Let the provider send one first");
});

test("a trial reports how many requests cannot be tested because their secret is not stored", async () => {
  all.trials.answer = {
    events: { ...NOTHING_TRIED, untried: 3 },
    rejected: { ...NOTHING_TRIED, untried: 1 },
  };
  const { html } = await all.pages.post(path, { type: "bearer", secret: "a", try: "true" });
  expect(html).toContain("3 events cannot be tested");
  expect(html).toContain("1 rejected request cannot be tested");
  expect(html).not.toContain("Let the provider send one first");
});

test("rejected requests are offered for re-check if something verifies, and after it was saved", async () => {
  const counts = { [all.entrypoint.id]: 3 };
  all.files.set(all.webhook.id, { rejected: counts });
  await all.pages.post(path, { type: "none" });
  expect((await all.pages.get(all.paths.webhook)).html).not.toContain("rejected request");
  const saved = await all.pages.post(path, { type: "github", secret: SECRET });
  expect(saved.flash).toEndWith("3 rejected requests are kept: re-check them.");
  const { html } = await all.pages.get(all.paths.webhook);
  expect(html).toContain("3 rejected requests: ");
  expect(html).toContain(`href="${all.paths.webhook}/rejected?entrypoint=${all.entrypoint.id}"`);
  expect(html).toContain(`action="${all.paths.webhook}/rejected/verify"`);
  all.files.set(all.webhook.id, { rejected: { [all.entrypoint.id]: 0 } });
  expect((await all.pages.get(all.paths.webhook)).html).not.toContain("rejected request");
  all.files.set(all.webhook.id, { isUnusable: true });
  const unusable = await all.pages.post(path, { type: "github", secret: SECRET });
  expect(unusable).toMatchObject({ status: 303, flash: expect.stringContaining("GitHub") });
  expect((await all.pages.get(all.paths.webhook)).status).toBe(200);
  all.files.delete(all.webhook.id);
  await all.pages.post(path, { type: "none" });
});

test("a provider is suggested if the requests look like its own and nothing verifies them", async () => {
  all.trials.suggested = all.providers.get("shopify");
  const proposal = `href="${path}?type=shopify">verify their signatures`;
  for (const page of [all.paths.webhook, path])
    expect((await all.pages.get(page)).html).not.toContain(proposal);
  all.files.set(all.webhook.id, { lastEvents: { [all.entrypoint.id]: all.clock.now() } });
  for (const page of [all.paths.webhook, path]) {
    const { html } = await all.pages.get(page);
    expect(html).toContain(proposal);
    expect(html).toContain("These requests look like those of Shopify");
  }
  await all.pages.post(path, { type: "github", secret: SECRET });
  for (const page of [all.paths.webhook, path])
    expect((await all.pages.get(page)).html).not.toContain(proposal);
});
