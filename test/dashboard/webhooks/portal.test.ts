/** The page about a webhook's portals: links that are made, shown once and revoked, previews, and the look. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { MINUTE_MS } from "../../../src/lib/clock.ts";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

let world: SourcePages;
let path: string;
let links: string;

beforeEach(async () => {
  world = await startSourcePages();
  path = `${world.paths.webhook}/portal`;
  links = `${world.paths.webhook}/portal-links`;
});
afterEach(() => world.stop());

const HTTP = { "type.http": "true", lifetime: "3600" };
const page = async (as = world.ada) => (await world.pages.get(path, { as })).html;
const list = () => world.useCases.portals.listLinks(world.of);
const urlIn = (html: string) => />(http[^<]*\/portal\/open\?token=[\w-]+)/.exec(html)?.[1];
const open = (url: string) =>
  fetch(world.pages.url + new URL(url).pathname + new URL(url).search, { redirect: "manual" });

async function share(role: string): Promise<void> {
  await world.useCases.members.add({ ...world.of, input: { username: "bob", role } });
}

describe("a link", () => {
  test("is shown once, with what it allows, and opens the portal", async () => {
    const form = { ...HTTP, "type.slack": "true", lifetime: "86400" };
    const { status, location } = await world.pages.post(links, form);
    expect(status).toBe(303);
    const shown = (await world.pages.get(location ?? "")).html;
    const url = urlIn(shown) ?? "";
    expect(shown).toContain(`data-copy="${url}"`);
    expect(urlIn((await world.pages.get(location ?? "")).html)).toBeUndefined();
    expect(await list()).toMatchObject([
      { targetTypes: ["http", "slack"], username: "ada", state: "unopened" },
    ]);
    const [link] = await list();
    expect((link?.expiresAt ?? 0) - world.clock.now()).toBe(24 * 60 * MINUTE_MS);
    expect((await open(url)).headers.get("location")).toBe(`/portal/${link?.id}`);
    expect(await page()).toMatch(/HTTP, Slack[\s\S]*badge-ok[\s\S]*>open</);
  });

  test("is shown to no other session", async () => {
    const { location } = await world.pages.post(links, HTTP);
    await share("editor");
    expect(urlIn((await world.pages.get(location ?? "", { as: world.bob })).html)).toBeUndefined();
    expect(urlIn((await world.pages.get(location ?? "")).html)).toBeDefined();
  });

  test("needs a type of targets, and the form keeps what was chosen", async () => {
    const none = await world.pages.post(links, { lifetime: "600" });
    expect([none.status, none.html.includes("Choose at least one.")]).toEqual([422, true]);
    expect(none.html).toContain('value="600" selected');
    expect(none.html).not.toMatch(/name="type.http"[^>]* checked/);
    expect((await world.pages.post(links, { ...HTTP, lifetime: "1" })).status).toBe(422);
    expect(await list()).toEqual([]);
  });

  test("is made by whoever has proved lately who they are", async () => {
    await page();
    world.clock.advance(16 * MINUTE_MS);
    const asked = await world.pages.post(links, HTTP);
    expect([asked.status, asked.html.includes("Confirm that it is you")]).toEqual([200, true]);
    expect(await list()).toEqual([]);
  });

  test("is revoked after a question, alone or with all others", async () => {
    const { portals } = world.useCases;
    const [one, two, three] = [
      await portals.createLink({ ...world.of, input: {} }),
      await portals.createLink({ ...world.of, input: {} }),
      await portals.createLink({ ...world.of, input: {} }),
    ].map(({ row }) => row.id);
    const left = async () => (await list()).map(({ id }) => id).toSorted();
    const asked = await world.pages.post(`${links}/${one}/revoke`);
    expect([asked.status, asked.html.includes("Revoke this portal link?")]).toEqual([200, true]);
    expect(await left()).toHaveLength(3);
    const done = await world.pages.post(`${links}/${one}/revoke`, { confirmed: "yes" });
    expect([done.location, done.flash]).toEqual([path, "ok: The link is revoked."]);
    expect(await left()).toEqual([two ?? "", three ?? ""].toSorted());
    expect((await world.pages.post(`${links}/${one}/revoke`, {})).status).toBe(404);
    const all = await world.pages.post(`${links}/revoke`);
    expect(all.html).toContain("Revoke all portal links of Shop?");
    expect(await left()).toHaveLength(2);
    await world.pages.post(`${links}/revoke`, { confirmed: "yes" });
    expect(await left()).toEqual([]);
    expect(await page()).toContain("Nobody has a portal of this webhook");
  });

  test("is listed until it is over, the newest of many", async () => {
    const { portals } = world.useCases;
    for (let n = 0; n < 52; n++) await portals.createLink({ ...world.of, input: { expires_in: 600 } });
    const html = await page();
    expect(html.match(/portal-links\/[\w-]{36}\/revoke/g)).toHaveLength(50);
    expect(html).toContain("Only the newest 50 of 52 links are shown.");
    world.clock.advance(10 * MINUTE_MS);
    expect(await page()).toContain("Nobody has a portal of this webhook");
  });

  test("of a maker who is no editor any more is said to be stopped", async () => {
    await share("editor");
    await world.useCases.portals.createLink({ userId: world.bob, webhookId: world.webhook.id, input: {} });
    const [member] = (await world.useCases.members.list(world.of)).members.filter(
      ({ name }) => name === "bob",
    );
    const of = { ...world.of, memberId: member?.id ?? "" };
    await world.useCases.members.setRole({ ...of, input: { role: "viewer" } });
    expect(await page()).toMatch(/bob[\s\S]*badge-idle[\s\S]*stopped/);
  });
});

test("a preview is a portal of the chosen types for ten minutes, and asks for no password", async () => {
  await page();
  world.clock.advance(16 * MINUTE_MS);
  const { status, location } = await world.pages.post(`${links}/preview`, { ...HTTP, lifetime: "604800" });
  expect([status, location]).toEqual([303, expect.stringMatching(/^\/portal\/open\?token=/)]);
  const answer = await open(world.pages.url + location);
  const [cookie = ""] = answer.headers.getSetCookie();
  const home = () =>
    fetch(world.pages.url + answer.headers.get("location"), {
      headers: { cookie: cookie.split(";")[0] ?? "" },
    });
  expect(await (await home()).text()).toContain("Warehouse");
  world.clock.advance(10 * MINUTE_MS);
  expect((await home()).status).toBe(404);
});

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

function save(fields: Record<string, string>, logo?: Uint8Array<ArrayBuffer> | string, as = world.ada) {
  const upload = new FormData();
  for (const [name, value] of Object.entries(fields)) upload.append(name, value);
  upload.append("logo", logo === undefined ? new File([], "") : new File([logo], "logo.bin"));
  return world.pages.post(path, {}, { upload, as });
}

function look() {
  const { managedBy: _managedBy, ...settings } = world.useCases.portals.settingsOf(world.ada);
  return settings;
}
const LOOK = { name: "Acme <b>", colour: "#E11D48", origin: "https://app.example.com" };
const DATA = `data:image/png;base64,${PNG.toString("base64")}`;

describe("the look", () => {
  test("is saved with a logo, shown, and kept where no other logo is chosen", async () => {
    const saved = await save(LOOK, PNG);
    expect([saved.location, saved.flash]).toEqual([path, "ok: The look of your portals is saved."]);
    const wanted = { ...LOOK, colour: "#e11d48", logo: DATA };
    expect(look()).toEqual(wanted);
    const html = await page();
    expect(html).toContain(`src="${DATA}"`);
    expect(html).toContain("Acme &lt;b&gt;");
    expect(html).toContain('fill="#e11d48"');
    await save(LOOK);
    expect(look()).toEqual(wanted);
    await save({ ...LOOK, remove_logo: "true" });
    expect(look().logo).toBeNull();
    await save({ name: " ", colour: "", origin: "" });
    expect(look()).toEqual({ name: null, colour: null, origin: null, logo: null });
  });

  test.each([
    ["<svg xmlns='http://www.w3.org/2000/svg'/>", "svg+xml"],
    ["<?xml version='1.0'?>\n<!-- by a program -->\n<svg xmlns='http://www.w3.org/2000/svg'/>", "svg+xml"],
    ["GIF89a…", "gif"],
    ["RIFF\0\0\0\0WEBPVP8 ", "webp"],
  ])("takes the type of a logo from its content: %j", async (text, type) => {
    await save({}, text);
    expect(look().logo).toStartWith(`data:image/${type};base64,`);
  });

  test.each([
    ["colour", { colour: "red" }, undefined, "Must be a colour such as #4f46e5."],
    [
      "origin",
      { origin: "https://a.example/page" },
      undefined,
      "Must be an origin such as https://app.example.com.",
    ],
    ["origin", { origin: "https://a.example; script-src *" }, undefined, "Must be an origin"],
    ["name", { name: "n".repeat(61) }, undefined, "60"],
    ["logo", {}, "<html>no image</html>", "Is no PNG, JPEG, WebP, GIF or SVG image."],
    ["logo", {}, "GIF89a".padEnd(48_001, "x"), "Is larger than 48 KB."],
  ])("is refused beside the field that is wrong: %s %j", async (field, fields, logo, message) => {
    const { status, html } = await save({ ...LOOK, ...fields }, logo);
    expect(status).toBe(422);
    expect(html).toMatch(new RegExp(`id="f-${field}-error"[\\s\\S]*?${message.replaceAll(/[.#]/g, "\\$&")}`));
    expect(html).toContain(field === "name" ? 'value="#E11D48"' : 'value="Acme &lt;b&gt;"');
    expect(look().name).toBeNull();
  });

  test("is the choice of the webhook's owner, whom others cannot choose for", async () => {
    await save(LOOK);
    await share("owner");
    const html = await page(world.bob);
    expect(html).toContain("Acme &lt;b&gt;");
    expect(html).toContain("https://app.example.com");
    expect(html).not.toContain('name="colour"');
    expect((await save({ name: "Bob’s" }, undefined, world.bob)).status).toBe(403);
    expect(world.useCases.portals.settingsOf(world.bob).name).toBeNull();
    expect(look().name).toBe(LOOK.name);
  });

  test("warns of an origin where pages do not come over HTTPS", async () => {
    const warning = "With an origin, portals need HTTPS.";
    await save(LOOK);
    expect(await page()).not.toContain(warning);
    const plain = await startSourcePages({ environment: { BASE_URL: "http://hooks.example" } });
    try {
      const shown = async () => (await plain.pages.get(`${plain.paths.webhook}/portal`)).html;
      expect(await shown()).not.toContain(warning);
      await plain.useCases.portals.setSettings({ userId: plain.ada, input: { origin: LOOK.origin } });
      expect(await shown()).toContain(warning);
    } finally {
      await plain.stop();
    }
  });
});

test("the audit log has what was done, and names the fields of the look", async () => {
  await save(LOOK);
  await world.pages.post(links, HTTP);
  const [link] = await list();
  await world.pages.post(`${links}/${link?.id}/revoke`, { confirmed: "yes" });
  const { entries } = world.mainDb.audit.search({ readerId: world.ada, limit: 3 });
  expect(entries.map(({ action, object_id }) => [action, object_id])).toEqual([
    ["portal_link.revoke", link?.id ?? ""],
    ["portal_link.create", link?.id ?? ""],
    ["portal.update", world.ada],
  ]);
  expect(JSON.parse(entries[2]?.fields ?? "")).toEqual(["origin", "name", "colour"]);
});

test("the page is reached from the webhook's settings and its sharing, by editors", async () => {
  const linksFrom = async (at: string, as?: string) => {
    const { html } = await world.pages.get(`${world.paths.webhook}/${at}`, as === undefined ? {} : { as });
    return html.includes(`href="${path}"`);
  };
  expect([await linksFrom("edit"), await linksFrom("sharing")]).toEqual([true, true]);
  await share("replayer");
  expect([
    await linksFrom("sharing", world.bob),
    (await world.pages.get(path, { as: world.bob })).status,
  ]).toEqual([false, 403]);
});
