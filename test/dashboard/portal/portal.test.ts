/** A portal: its link, its session, and what a customer can do there. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import { startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
let httpId: string;

beforeAll(async () => {
  api = await startTestApi();
  const input = {
    name: "Customer",
    type: "http",
    config: { url: "http://127.0.0.1:9/in", drop_headers: ["x-a"] },
  };
  httpId = (await api.useCases.targets.create({ ...api.of, input })).id;
});
afterAll(() => api.stop());

type Portal = Readonly<{ path: string; cookie: string; setCookie: string }>;
let portal: Portal;
beforeEach(async () => {
  portal = await openLink(await makeLink());
});

async function makeLink(json: unknown = {}): Promise<string> {
  const { status, body } = await api.call("POST", `/webhooks/${api.webhook.id}/portal-links`, { json });
  expect(status).toBe(201);
  return new URL(z.object({ url: z.string() }).parse(body).url).search;
}

async function openLink(search: string): Promise<Portal> {
  const answer = await fetch(`${api.server.url}/portal/open${search}`, { redirect: "manual" });
  expect(answer.status).toBe(303);
  const [setCookie = ""] = answer.headers.getSetCookie();
  const path = answer.headers.get("location") ?? "";
  return { path, setCookie, cookie: setCookie.split(";")[0] ?? "" };
}

async function ask(path: string, form?: Record<string, string>, as: Portal = portal) {
  const answer = await fetch(api.server.url + as.path + path, {
    method: form ? "POST" : "GET",
    headers: { cookie: as.cookie, accept: "text/html", "sec-fetch-site": "same-origin" },
    redirect: "manual",
    ...(form && { body: new URLSearchParams(form) }),
  });
  return { status: answer.status, headers: answer.headers, html: await answer.text() };
}

/** Returns the page that a form led to. */
async function follow({ headers }: { headers: Headers }): Promise<string> {
  const location = headers.get("location") ?? "";
  return (await ask(location.slice(portal.path.length))).html;
}

describe("a portal link", () => {
  test("opens once, and its cookie goes to its own pages only", async () => {
    const search = await makeLink();
    const opened = await openLink(search);
    expect(opened.setCookie).toContain(`Path=${opened.path};`);
    expect(opened.setCookie).toContain("HttpOnly");
    expect(opened.setCookie).toContain("SameSite=Lax");
    const again = await fetch(`${api.server.url}/portal/open${search}`, { redirect: "manual" });
    expect(again.status).toBe(404);
    expect(again.headers.getSetCookie()).toEqual([]);
  });

  test("is opened by one of several at the same moment", async () => {
    const search = await makeLink();
    const open = () => fetch(`${api.server.url}/portal/open${search}`, { redirect: "manual" });
    const answers = await Promise.all(Array.from({ length: 5 }, open));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 404, 404, 404, 404]);
  });

  test("is not opened by a look at it: by HEAD, or by a browser that fetches ahead", async () => {
    const search = await makeLink();
    const url = `${api.server.url}/portal/open${search}`;
    expect((await fetch(url, { method: "HEAD" })).status).toBe(204);
    expect((await fetch(url, { headers: { "sec-purpose": "prefetch;prerender" } })).status).toBe(204);
    await openLink(search);
  });

  test("ends in time, also before it is opened", async () => {
    const [used, unused] = [
      await openLink(await makeLink({ expires_in: 60 })),
      await makeLink({ expires_in: 60 }),
    ];
    expect((await ask("", undefined, used)).status).toBe(200);
    api.clock.advance(60_000);
    expect((await ask("", undefined, used)).status).toBe(404);
    const late = await fetch(`${api.server.url}/portal/open${unused}`, { redirect: "manual" });
    expect(late.status).toBe(404);
  });

  test("is ended with all others of its webhook", async () => {
    expect((await api.call("DELETE", `/webhooks/${api.webhook.id}/portal-links`)).status).toBe(204);
    expect((await ask("")).status).toBe(404);
  });

  test("ends when its maker loses the role", async () => {
    const { members } = api.useCases;
    const dave = await api.addUser("dave");
    const { id } = await members.add({ ...api.of, input: { username: "dave", role: "editor" } });
    const { token } = await api.useCases.portals.createLink({
      userId: dave,
      webhookId: api.webhook.id,
      input: {},
    });
    const own = await openLink(`?token=${token}`);
    expect((await ask("", undefined, own)).status).toBe(200);
    await members.remove({ ...api.of, memberId: id ?? "" });
    expect((await ask("", undefined, own)).status).toBe(404);
  });

  test.each([
    [{ expires_in: 59 }],
    [{ expires_in: 604_801 }],
    [{ target_types: ["none"] }],
    [{ target_types: [] }],
  ])("is not made of %j", async (json) => {
    const { status } = await api.call("POST", `/webhooks/${api.webhook.id}/portal-links`, { json });
    expect(status).toBe(422);
  });
});

describe("a portal", () => {
  test("shows targets of its types only, and no navigation of the dashboard", async () => {
    const { html } = await ask("");
    expect(html).toContain("Customer");
    expect(html).not.toContain("Warehouse");
    expect(html).not.toContain("/sources");
    expect(html).not.toContain("<script");
    const wider = await openLink(await makeLink({ target_types: ["http", "log"] }));
    expect((await ask("", undefined, wider)).html).toContain("Warehouse");
  });

  test("adds, changes, tests, disables and deletes a target", async () => {
    const url = "http://127.0.0.1:9/customer";
    const added = await ask("/targets", { type: "http", name: "Mine", url, event_types: "order.*" });
    expect(added.status).toBe(303);
    const page = await follow(added);
    expect(page).toContain("whsec_");
    expect(page).toContain("It gets every event that it wants from now on.");
    const [, id = ""] = /\/targets\/([0-9a-f-]{36})/.exec(added.headers.get("location") ?? "") ?? [];
    const path = `/targets/${id}`;
    expect((await ask(path)).html).not.toContain("whsec_");
    await ask(path, { name: "Ours", url, event_types: "" });
    const target = () => api.useCases.targets.get({ ...api.of, targetId: id });
    expect((await target()).name).toBe("Ours");
    expect((await target()).policy.event_types).toEqual([]);

    expect(await follow(await ask(`${path}/test`, {}))).toContain("A test event was sent");
    const { events } = await api.events.searchEvents(api.webhook.id, {
      limit: 5,
      cursor: null,
      filter: { targetId: id },
      asker: api.ada,
    });
    const deliveries = await api.events.listDeliveries(api.webhook.id, events[0]?.id ?? "");
    expect(deliveries.map(({ targetId }) => targetId)).toEqual([id]);

    expect(await follow(await ask(`${path}/rotate`, {}))).toContain("whsec_");
    expect(await follow(await ask(`${path}/toggle`, { active: "false" }))).toContain("is disabled");
    expect(await follow(await ask(`${path}/test`, {}))).toContain("Enable the target first");
    expect((await ask(`${path}/delete`)).html).toContain("Delete Ours?");
    await ask(`${path}/delete`, {});
    expect((await ask(path)).status).toBe(404);
  });

  test("names the event types in the owner's catalogue", async () => {
    await api.useCases.eventTypes.create({ userId: api.ada, input: { name: "invoice.paid" } });
    expect((await ask("/targets/new")).html).toContain("In the catalogue: invoice.paid.");
  });

  test("keeps the settings that its form does not show", async () => {
    await ask(`/targets/${httpId}`, { name: "Customer", url: "http://127.0.0.1:9/new" });
    const target = await api.useCases.targets.get({ ...api.of, targetId: httpId });
    expect(target.config).toMatchObject({ url: "http://127.0.0.1:9/new", drop_headers: ["x-a"] });
  });

  test("replaces what the owner changed meanwhile only once it is saved again", async () => {
    const path = `/targets/${httpId}`;
    const of = { ...api.of, targetId: httpId };
    const seenIn = (html: string) => /name="seen" value="(\d+)"/.exec(html)?.[1] ?? "";
    const typed = { name: "Mine", url: "http://127.0.0.1:9/mine" };
    const { html } = await ask(path);
    api.clock.advance(1_000);
    await api.useCases.targets.update({ ...of, input: { name: "By the owner" } });
    const returned = await ask(path, { ...typed, seen: seenIn(html) });
    expect([returned.status, (await api.useCases.targets.get(of)).name]).toEqual([422, "By the owner"]);
    expect(returned.html).toContain('value="Mine"');
    expect((await ask(path, { ...typed, seen: seenIn(returned.html) })).status).toBe(303);
    expect((await api.useCases.targets.get(of)).name).toBe("Mine");
    await api.useCases.targets.update({ ...of, input: { name: "Customer" } });
  });

  test("reaches no target of another type or webhook", async () => {
    const { id: webhookId } = await api.useCases.webhooks.create({
      userId: api.ada,
      input: { name: "Other" },
    });
    const input = { name: "Other", type: "http", config: { url: "http://127.0.0.1:9/" } };
    const other = await api.useCases.targets.create({ userId: api.ada, webhookId, input });
    for (const id of [api.target.id, other.id]) {
      for (const path of ["", "/delete"]) expect((await ask(`/targets/${id}${path}`)).status).toBe(404);
      for (const path of ["", "/toggle", "/rotate", "/test", "/delete"]) {
        expect((await ask(`/targets/${id}${path}`, { name: "x", active: "false" })).status).toBe(404);
      }
      const replay = await ask(`/events/${api.event.id}/replay`, { target_id: id });
      expect(replay.status).toBe(404);
    }
    expect((await ask("/targets", { type: "log", name: "x" })).status).toBe(404);
  });

  test("shows an event with the attempts to its own targets, and replays it", async () => {
    const { id } = await api.addEvent({ targets: [{ id: httpId, settlesAtIngest: false }] });
    const { html } = await ask(`/events/${id}`);
    expect(html).toContain("Customer");
    expect(html).not.toContain("x-sender");
    expect((await ask(`/events/${api.event.id}`)).html).not.toContain("Warehouse");
    expect(await follow(await ask(`/events/${id}/replay`, { target_id: httpId }))).toContain(
      "delivered again",
    );
  });

  test("says in the audit log which link acted", async () => {
    await ask(`/targets/${httpId}/toggle`, { active: "false" });
    await ask(`/targets/${httpId}/toggle`, { active: "true" });
    const { body } = await api.call("GET", `/audit?object_id=${httpId}`);
    const linkId = portal.path.split("/").at(-1);
    const [latest] = z.object({ data: z.array(z.unknown()) }).parse(body).data;
    expect(latest).toMatchObject({
      action: "target.update",
      user_id: api.ada,
      session_id: `portal:${linkId}`,
    });
  });

  test("refuses forms of other sites' pages", async () => {
    const answer = await fetch(`${api.server.url}${portal.path}/targets/${httpId}/toggle`, {
      method: "POST",
      headers: { cookie: portal.cookie, "sec-fetch-site": "cross-site" },
      body: new URLSearchParams({ active: "false" }),
    });
    expect(answer.status).toBe(403);
  });
});

describe("a use case that is asked for a portal", () => {
  test("is refused unless it is one of the portal's", async () => {
    const asker = { ...api.of, portal: { webhookId: api.webhook.id, targetTypes: ["http"] } };
    const beyond = { code: "beyond_portal" };
    const { useCases } = api;
    expect(useCases.webhooks.get(asker)).rejects.toMatchObject(beyond);
    expect(useCases.webhooks.update({ ...asker, input: { name: "x" } })).rejects.toMatchObject(beyond);
    expect(useCases.entrypoints.list(asker)).rejects.toMatchObject(beyond);
    expect(useCases.members.list(asker)).rejects.toMatchObject(beyond);
    expect(useCases.portals.createLink({ ...asker, input: {} })).rejects.toMatchObject(beyond);
    expect(useCases.targets.setPaused({ ...asker, targetId: httpId, paused: true })).rejects.toMatchObject(
      beyond,
    );
    const code = { transformation: { code: "x" } };
    expect(useCases.targets.update({ ...asker, targetId: httpId, input: code })).rejects.toMatchObject(
      beyond,
    );
    const other = { ...asker, portal: { ...asker.portal, webhookId: "other" } };
    expect(useCases.targets.list(other)).rejects.toMatchObject({ kind: "not_found" });
  });
});

describe("how portals look", () => {
  const LOGO = `data:image/png;base64,${Buffer.from("logo").toString("base64")}`;
  const set = (json: unknown) => api.call("PATCH", "/portal-settings", { json });

  test("is set by their owner: name, logo and colour", async () => {
    await set({ name: "Acme <b>", colour: "#112233", logo: LOGO });
    const { html, headers } = await ask("");
    expect(html).toContain("Acme &lt;b");
    expect(html).toContain(`src="${LOGO}"`);
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect((await ask("/theme.css")).html).toContain("background:#112233");
  });

  test("and an origin whose pages may frame them, with a cookie that frames have", async () => {
    await set({ origin: "https://app.example.com" });
    const framed = await openLink(await makeLink());
    expect(framed.setCookie).toEndWith("SameSite=None; Secure; Partitioned");
    const { headers } = await ask("", undefined, framed);
    expect(headers.get("content-security-policy")).toEndWith("frame-ancestors https://app.example.com");
    expect(headers.get("x-frame-options")).toBeNull();
    await set({ origin: null });
  });

  test("has errors in the same frame, with a way back and none to sign in", async () => {
    await set({ origin: "https://app.example.com", name: "Acme" });
    for (const form of [undefined, { active: "false" }]) {
      const { status, headers, html } = await ask(`/targets/unknown${form ? "/toggle" : ""}`, form);
      expect(status).toBe(404);
      expect(html).toContain("Acme");
      expect(html).toContain("No such target.");
      expect(html).toContain("To the overview");
      expect(html).not.toContain("/pages/login");
      expect(headers.get("content-security-policy")).toEndWith("frame-ancestors https://app.example.com");
    }
    await set({ origin: null, name: null });
  });

  test("are not in what a frame shows once the link is over", async () => {
    const over = { ...portal, cookie: "webhooker_portal=x" };
    for (const path of ["", "/unknown/page"]) {
      const { status, headers, html } = await ask(path, undefined, over);
      expect(status).toBe(404);
      expect(html).not.toContain('href="/p');
      expect(headers.get("content-security-policy")).toEndWith("frame-ancestors *");
      expect(headers.get("x-frame-options")).toBeNull();
    }
  });

  test.each([
    { origin: "https://a.example/path" },
    { origin: "https://a.example; script-src *" },
    { origin: "*" },
    { origin: "https://*.example.com" },
    { colour: "red" },
    { colour: "#12345678" },
    { logo: "https://a.example/logo.png" },
    { logo: "data:text/html;base64,AAAA" },
    { name: "" },
  ])("is refused as %j", async (json) => {
    expect((await set(json)).status).toBe(422);
  });
});
