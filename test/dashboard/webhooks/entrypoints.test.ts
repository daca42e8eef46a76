import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../../src/lib/errors.ts";
import { startTestApi } from "../../support/test-api.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

let all: SourcePages;

beforeAll(async () => {
  all = await startSourcePages();
});

afterAll(() => all.stop());

const entrypoint = () => all.useCases.entrypoints.get({ ...all.of, entrypointId: all.entrypoint.id });

describe("an entrypoint", () => {
  test("is added with a name, or without one", async () => {
    for (const [typed, name] of [
      ["Stripe", "Stripe"],
      ["  ", "Entrypoint"],
    ] as const) {
      const added = await all.pages.post(`${all.paths.webhook}/entrypoints`, { name: typed });
      expect(added).toMatchObject({ status: 303, location: all.paths.webhook });
      expect(added.flash).toContain(`“${name}” was added`);
    }
    const names = (await all.useCases.entrypoints.list(all.of)).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["Orders", "Stripe", "Entrypoint"]));
  });

  test("whose name is too long comes back on the webhook's page with its error", async () => {
    const name = "y".repeat(201);
    const { status, html } = await all.pages.post(`${all.paths.webhook}/entrypoints`, { name });
    expect(status).toBe(422);
    expect(html).toContain(`value="${name}"`);
    expect(html).toContain("Must have at most 200 characters.");
    expect(html).toContain('<details class="part-add" open');
  });

  test("whose settings find nothing in the last events says so, on its card and in its form", async () => {
    const at = all.clock.now() - 5_000;
    all.files.set(all.webhook.id, { lastEvents: { [all.entrypoint.id]: at } });
    const { html: before } = await all.pages.get(all.paths.webhook);
    expect(before).not.toContain("had a value at");
    all.emptyPlaces.set(all.entrypoint.id, { setting: "deduplicate_value", place: "$.<id>", tried: 10 });
    all.emptyPlaces.set(all.target.id, { setting: "order_by", place: "customer.id", tried: 1 });
    const { html } = await all.pages.get(all.paths.webhook);
    expect(html).toContain("None of the last 10 events had a value at $.&lt;id&gt;.");
    expect(html).toContain("Duplicates among events without it are not recognized.");
    expect(html).toContain("The last event had no value at customer.id.");
    const form = await all.pages.get(`${all.paths.webhook}/entrypoints/${all.entrypoint.id}/edit`);
    expect(form.html).toContain("None of the last 10 events had a value at $.&lt;id&gt;.");
    all.emptyPlaces.clear();
  });

  test("shows its URL to copy, a ready curl command and the time of its last event", async () => {
    const at = all.clock.now() - 5_000;
    all.files.set(all.webhook.id, { lastEvents: { [all.entrypoint.id]: at } });
    const { html } = await all.pages.get(all.paths.webhook);
    const url = `https://hooks.example/webhook/${all.entrypoint.id}`;
    expect(html).toContain(`data-copy="${url}"`);
    expect(html).toContain("Content-Type: application/json");
    expect(html).toContain(new Date(at).toISOString());
  });

  test("has settings in a form that keeps them, and comes back if one is wrong", async () => {
    const edit = `${all.paths.entrypoint}/edit`;
    const typed = {
      name: "Orders",
      methods: "POST\nPUT",
      response_status: "202",
      response_body: "ok {id}",
      "response_headers.0.name": "X-Mine",
      "response_headers.0.value": "yes",
      rate_limit: "5",
      rate_limit_per: "minute",
      event_type_from: "$.type",
    };
    expect((await all.pages.post(edit, typed)).status).toBe(303);
    expect((await entrypoint()).settings).toMatchObject({
      methods: ["POST", "PUT"],
      response_status: 202,
      response_body: "ok {id}",
      response_headers: { "X-Mine": "yes" },
      rate_limit: 5,
      rate_limit_per: "minute",
      event_type_from: "$.type",
    });
    const { html } = await all.pages.get(edit);
    for (const shown of ["POST\nPUT", 'value="202"', "ok {id}", 'value="X-Mine"', 'value="yes"']) {
      expect(html).toContain(shown);
    }
    const wrong = await all.pages.post(edit, { ...typed, response_status: "302", rate_limit: "" });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain('value="302"');
    await all.pages.post(edit, { name: "Orders", methods: "POST", response_status: "200", rate_limit: "" });
    expect((await entrypoint()).settings).toMatchObject({ rate_limit: null, response_headers: {} });
  });

  test("is renamed, and an invalid name comes back", async () => {
    const renamed = await all.pages.post(`${all.paths.entrypoint}/edit`, { name: "Shop orders" });
    expect(renamed).toMatchObject({ status: 303, location: all.paths.webhook });
    expect((await entrypoint()).name).toBe("Shop orders");
    expect((await all.pages.get(`${all.paths.entrypoint}/edit`)).html).toContain('value="Shop orders"');
    expect((await all.pages.post(`${all.paths.entrypoint}/edit`, { name: "" })).status).toBe(422);
    expect((await entrypoint()).name).toBe("Shop orders");
  });

  test("is switched to the button's state, however often it is pressed", async () => {
    for (const press of [1, 2]) {
      const off = await all.pages.post(`${all.paths.entrypoint}/toggle`, { active: "false" });
      expect(`${press} ${off.status} ${(await entrypoint()).active}`).toBe(`${press} 303 false`);
    }
    expect((await all.pages.get(all.paths.webhook)).html).toContain("410 Gone");
    await all.pages.post(`${all.paths.entrypoint}/toggle`, { active: "true" });
    expect((await entrypoint()).active).toBe(true);
  });

  test("is toggled by a post without a state", async () => {
    await all.pages.post(`${all.paths.entrypoint}/toggle`);
    expect((await entrypoint()).active).toBe(false);
    await all.pages.post(`${all.paths.entrypoint}/toggle`);
    expect((await entrypoint()).active).toBe(true);
  });

  test("is deleted after a page that explains the consequences", async () => {
    const { id } = await all.useCases.entrypoints.create({ ...all.of, input: { name: "Old" } });
    const path = `${all.paths.webhook}/entrypoints/${id}`;
    const { html } = await all.pages.get(`${path}/delete`);
    expect(html).toContain(`https://hooks.example/webhook/${id}`);
    expect(html).toContain("404");
    expect(html).toContain(`action="${path}/delete"`);
    expect((await all.pages.post(`${path}/delete`, { confirmed: "yes" })).status).toBe(303);
    const gone = await appErrorOf(() => all.useCases.entrypoints.get({ ...all.of, entrypointId: id }));
    expect(gone.kind).toBe("not_found");
    expect((await all.pages.post(`${path}/delete`)).status).toBe(404);
  });
});

describe("a test event", () => {
  test("is requested by a button, in the user's name and from the user's address", async () => {
    const sent = await all.pages.post(`${all.paths.entrypoint}/test`);
    expect(sent).toMatchObject({ status: 303, location: all.paths.webhook });
    expect(sent.flash).toStartWith("ok: “Shop orders” received a test event.");
    const asked = { ...all.of, entrypointId: all.entrypoint.id, remoteAddress: "192.0.2.7" };
    expect(all.tests).toEqual([asked]);
  });

  test("that could not be stored is reported on the webhook's page", async () => {
    all.failNextTest(new AppError({ kind: "unavailable", message: "The disk is full." }));
    const sent = await all.pages.post(`${all.paths.entrypoint}/test`);
    expect(sent).toMatchObject({
      status: 303,
      location: all.paths.webhook,
      flash: "bad: The test event was not stored. The disk is full.",
    });
  });

  test("is stored like any other event, and delivered to the active targets", async () => {
    const api = await startTestApi();
    const { useCases, events, webhook, target } = api;
    const send = api.parts.sendTestEvent;
    const of = { userId: webhook.userId, webhookId: webhook.id, entrypointId: api.entrypoint.id };
    const id = await send({ ...of, remoteAddress: "192.0.2.7" });
    const event = await events.findEvent(webhook.id, id);
    expect(event).toMatchObject({
      method: "POST",
      contentType: "application/json",
      remoteAddress: "192.0.2.7",
      entrypointId: of.entrypointId,
    });
    expect(event?.headers).toContainEqual(["user-agent", "webhooker-test"]);
    const body: unknown = JSON.parse(new TextDecoder().decode(event?.body));
    expect(body).toMatchObject({ type: "webhooker.test", webhook: { name: "Shop" } });
    const deliveries = await events.listDeliveries(webhook.id, id);
    expect(deliveries.map(({ targetId, status }) => `${targetId} ${status}`)).toEqual([
      `${target.id} pending`,
    ]);

    const other = await useCases.webhooks.create({ userId: of.userId, input: { name: "Other" } });
    const astray = { ...of, webhookId: other.id };
    expect((await appErrorOf(() => send({ ...astray, remoteAddress: "" }))).kind).toBe("not_found");
    const stranger = { ...of, userId: "01890000-0000-7000-8000-000000000000" };
    expect((await appErrorOf(() => send({ ...stranger, remoteAddress: "" }))).kind).toBe("not_found");
    await useCases.entrypoints.setActive({ ...of, active: false });
    expect((await appErrorOf(() => send({ ...of, remoteAddress: "" }))).kind).toBe("gone");
    await api.stop();
  });
});
