import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import type { FormField } from "../../../src/settings/form-field.ts";
import { deliveryPolicyFields, readPolicy } from "../../../src/targets/delivery-policy.ts";
import { filterPolicyFields } from "../../../src/targets/filter-policy.ts";
import type { TargetType } from "../../../src/targets/target-type.ts";
import { NO_DELIVERIES } from "../../support/fake-overviews.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { SECRET, type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

/** A target type that somebody might add. */
const pagerFields: FormField[] = [
  { name: "room", label: "Room number", kind: "number", required: true },
  {
    name: "tone",
    label: "Tone",
    kind: "select",
    options: [
      { value: "soft", label: "Soft" },
      { value: "loud", label: "Loud" },
    ],
  },
  { name: "greeting", label: "Greeting", kind: "textarea" },
  { name: "urgent", label: "Urgent", kind: "checkbox" },
  { name: "pin", label: "PIN", kind: "text", secret: true },
];
const pagerSchema = z.strictObject({
  room: z.int().min(1),
  tone: z.enum(["soft", "loud"]).default("soft"),
  greeting: z.string().max(20).optional(),
  urgent: z.boolean().default(false),
  pin: z.string().min(4).optional(),
});
const pager: TargetType = {
  type: "pager",
  label: "Pager",
  description: "Beeps in a room.",
  configSchema: pagerSchema,
  fields: pagerFields,
  settlesAtIngest: false,
  summarize: () => "a pager",
  deliver: async () => ({ kind: "delivered", response: null }),
};

let all: SourcePages;

beforeAll(async () => {
  all = await startSourcePages({ moreTypes: [pager] });
});

afterAll(() => all.stop());

const HTTP = { name: "CRM", type: "http", url: "https://crm.example/in" };

async function add(form: Readonly<Record<string, string>>) {
  const before = new Set((await all.useCases.targets.list(all.of)).map(({ id }) => id));
  const answer = await all.pages.post(`${all.paths.webhook}/targets`, form);
  const made = (await all.useCases.targets.list(all.of)).find(({ id }) => !before.has(id));
  return { answer, made, path: `${all.paths.webhook}/targets/${made?.id}` };
}

function field(html: string, name: string): string {
  const start = html.indexOf(`name="${name}"`);
  if (start === -1) throw new Error(`the page has no field ${name}`);
  return html.slice(html.lastIndexOf('<div class="field', start), html.indexOf("</div>", start));
}

describe("the form of a target", () => {
  test("says what a new target gets", async () => {
    const says = async (more: Record<string, string>) => {
      const form = { type: "log", name: "New", ...more };
      const { flash } = await all.pages.post(`${all.paths.webhook}/targets`, form);
      return flash?.replace(/.*was added\. /, "");
    };
    expect(await says({})).toBe("It gets every event from now on.");
    const some = "It gets every event that it wants from now on.";
    expect(await says({ event_types: "order.*" })).toBe(some);
    expect(await says({ filter: '{"type":"order.paid"}' })).toBe(some);
  });

  test("offers every type, and shows the fields of the chosen one", async () => {
    const http = await all.pages.get(`${all.paths.webhook}/targets/new`);
    for (const label of ["HTTP", "Slack", "Log", "Database", "Pager"])
      expect(http.html).toContain(`>${label}</a>`);
    expect(http.html).toContain('name="url"');
    const slack = await all.pages.get(`${all.paths.webhook}/targets/new?type=slack`);
    expect(slack.html).toContain('name="type" value="slack"');
    expect(field(slack.html, "url")).toContain('type="password"');
    const none = await all.pages.get(`${all.paths.webhook}/targets/new?type=%22%3E`);
    expect(none.html).toContain('name="type" value="http"');
  });

  test("is drawn from a type's own list: a field that is added there is in the form", async () => {
    const path = `${all.paths.webhook}/targets/new?type=pager`;
    const { html } = await all.pages.get(path);
    expect(field(html, "room")).toContain('type="number"');
    expect(field(html, "tone")).toContain("<option");
    expect(html).toMatch(/<textarea[^>]*name="greeting"/);
    expect(field(html, "urgent")).toContain('type="checkbox"');
    expect(html).not.toContain("Volume");
    pagerFields.push({ name: "volume", label: "Volume", kind: "number", help: "From 1 to 11." });
    const after = await all.pages.get(path);
    pagerFields.pop();
    expect(field(after.html, "volume")).toContain("From 1 to 11.");
  });

  test("no type has a field with the name of one of the target's own", () => {
    const policy = [...deliveryPolicyFields, ...filterPolicyFields].map(({ name }) => name);
    const own = new Set(["name", "type", "active", ...policy]);
    const types = all.pages.targetTypes;
    expect(types.flatMap(({ fields }) => fields.filter(({ name }) => own.has(name)))).toEqual([]);
  });
});

describe("a target", () => {
  test("is added with the values of its type's fields", async () => {
    const { answer, made } = await add({
      name: "Room 7",
      type: "pager",
      room: "7",
      tone: "loud",
      greeting: "Hi\nthere",
      urgent: "true",
      pin: "1234",
      max_attempts: "1",
      timeout_ms: "5000",
    });
    expect(answer).toMatchObject({ status: 303, location: all.paths.webhook });
    expect(made).toMatchObject({
      name: "Room 7",
      type: "pager",
      config: { room: 7, tone: "loud", greeting: "Hi\nthere", urgent: true, pin: "[secret]" },
      policy: { max_attempts: 1, timeout_ms: 5_000 },
    });
  });

  test("gets the default policy if the form has none, and no limit if a field is emptied", async () => {
    const plain = await add(HTTP);
    expect(plain.made?.policy).toEqual({ ...readPolicy(), max_attempts: 12 });
    const endless = await add({ ...HTTP, max_attempts: "", timeout_ms: "" });
    expect(endless.made?.policy).toEqual({ ...readPolicy(), max_attempts: null });
    const { html } = await all.pages.get(`${endless.path}/edit`);
    expect(field(html, "max_attempts")).toContain('value=""');
    await all.pages.post(`${endless.path}/edit`, { name: "CRM", url: HTTP.url });
    const kept = await all.useCases.targets.get({ ...all.of, targetId: endless.made?.id ?? "" });
    expect(kept.policy).toEqual({ ...readPolicy(), max_attempts: null });
  });

  test("that is invalid shows each error beside its field, and the typed values", async () => {
    const { answer, made } = await add({
      name: "",
      type: "http",
      url: "ftp://files.example",
      connect_timeout_ms: "1",
      "headers.0.name": "Content-Length",
      "headers.0.value": "12",
    });
    const { status, html } = answer;
    expect(made).toBeUndefined();
    expect(status).toBe(422);
    expect(field(html, "name")).toContain("Fill this in.");
    const again = await all.pages.post(`${all.paths.webhook}/targets`, {
      name: "Kept",
      type: "http",
      url: "ftp://files.example",
      connect_timeout_ms: "1",
      "headers.0.name": "Content-Length",
      "headers.0.value": "12",
    });
    expect(again.status).toBe(422);
    expect(field(again.html, "name")).toContain('value="Kept"');
    expect(field(again.html, "url")).toContain('value="ftp://files.example"');
    expect(field(again.html, "url")).toContain("Must begin with http:// or https://.");
    expect(field(again.html, "connect_timeout_ms")).toContain("Must be at least 100.");
    expect(again.html).toContain('value="Content-Length"');
    expect(again.html).toContain("Content-Length: Is set by the gateway itself.");
  });

  test("with a faulty policy opens the section that shows it", async () => {
    const { answer } = await add({ ...HTTP, max_attempts: "0", timeout_ms: "soon" });
    expect(answer.status).toBe(422);
    expect(answer.html).toMatch(/<details class="more" open/);
    expect(field(answer.html, "max_attempts")).toContain("Must be at least 1.");
    expect(field(answer.html, "timeout_ms")).toContain("Must be a number.");
    expect(field(answer.html, "timeout_ms")).toContain('value="soon"');
  });

  test("takes event types and a filter, for every type, and shows them again", async () => {
    for (const own of [HTTP, { name: "Log", type: "log" }]) {
      const filter = '{ "body": { "amount": { "$gte": 100 } } }';
      const { made, path } = await add({ ...own, event_types: "order.*, refund.created", filter });
      expect(made?.policy).toMatchObject({
        event_types: ["order.*", "refund.created"],
        filter: { body: { amount: { $gte: 100 } } },
      });
      const { html } = await all.pages.get(`${path}/edit`);
      expect(field(html, "event_types")).toContain("order.*\nrefund.created");
      expect(field(html, "filter")).toContain("&quot;$gte&quot;: 100");
      const emptied = await all.pages.post(`${path}/edit`, { ...own, event_types: "", filter: " " });
      expect(emptied.status).toBe(303);
      const target = await all.useCases.targets.get({ ...all.of, targetId: made?.id ?? "" });
      expect(target.policy).toMatchObject({ event_types: [], filter: null });
    }
  });

  test("with a faulty filter comes back as it was typed, with the place of the fault", async () => {
    const typed = '{\n  "body": { "amount": 5, }\n}';
    const unreadable = await add({ ...HTTP, filter: typed });
    expect(unreadable.answer.status).toBe(422);
    expect(unreadable.answer.html).toMatch(/<details class="more" open/);
    const text = field(unreadable.answer.html, "filter");
    expect(text).toContain("line 2, column 26: expected a name in quotation marks");
    expect(text).toContain("5, }");
    const wrong = await add({ ...HTTP, filter: '{"body":{"amount":{"$gte":null}}}' });
    expect(field(wrong.answer.html, "filter")).toContain("body.amount.$gte: Must be a number or a text");
  });

  test("of an unknown type comes back with an error", async () => {
    const { answer } = await add({ name: "X", type: "carrier-pigeon" });
    expect(answer.status).toBe(422);
    expect(answer.html).toContain("type: Must be one of");
  });

  test("never shows a stored secret, and keeps it if its field is left empty", async () => {
    const { path, made } = await add({
      ...HTTP,
      "headers.0.name": "Authorization",
      "headers.0.value": SECRET,
      "headers.1.name": "X-Old",
      "headers.1.value": "old-value",
    });
    for (const page of [`${path}/edit`, `${path}/delete`, all.paths.webhook]) {
      const { status, html } = await all.pages.get(page);
      expect(status).toBe(200);
      expect(html).not.toContain(SECRET);
      expect(html).not.toContain("old-value");
      expect(html).not.toContain("[secret]");
    }
    const saved = await all.pages.post(`${path}/edit`, {
      name: "CRM 2",
      url: "https://crm.example/v2",
      "headers.0.name": "Authorization",
      "headers.0.value": "",
    });
    expect(saved.status).toBe(303);
    const target = await all.useCases.targets.get({ ...all.of, targetId: made?.id ?? "" });
    expect(target).toMatchObject({ name: "CRM 2", summary: "https://crm.example/v2" });
    expect(all.openTarget(target.id).headers).toEqual({ Authorization: SECRET });
    const slack = await add({
      name: "Team",
      type: "slack",
      url: "https://hooks.slack.example/services/s3cret",
    });
    const edit = await all.pages.get(`${slack.path}/edit`);
    expect(edit.html).not.toContain("s3cret");
    expect((await all.pages.post(`${slack.path}/edit`, { name: "Team 2", url: "" })).status).toBe(303);
    const slackUrl = "https://hooks.slack.example/services/s3cret";
    expect(all.openTarget(slack.made?.id ?? "")).toEqual({ url: slackUrl });
    const faulty = await all.pages.post(`${slack.path}/edit`, { name: "", url: "" });
    expect(faulty.status).toBe(422);
    expect(faulty.html).not.toContain("s3cret");
  });

  test("is disabled and enabled", async () => {
    const of = { ...all.of, targetId: all.target.id };
    expect((await all.pages.post(`${all.paths.target}/toggle`)).flash).toContain("is disabled");
    expect((await all.useCases.targets.get(of)).active).toBe(false);
    expect((await all.pages.get(all.paths.webhook)).html).toContain("Enable target Warehouse");
    expect((await all.pages.post(`${all.paths.target}/toggle`)).flash).toContain("is enabled");
    expect((await all.useCases.targets.get(of)).active).toBe(true);
  });

  test("is deleted after a page that shows how much is pending", async () => {
    const { made, path } = await add(HTTP);
    const id = made?.id ?? "";
    const counts = { ...NO_DELIVERIES, pending: 2, held: 1 };
    all.files.set(all.webhook.id, { targets: { [id]: { counts, filtered: 0, lastResult: null } } });
    const { html } = await all.pages.get(`${path}/delete`);
    expect(html).toContain("3 pending deliveries are discarded");
    expect((await all.pages.post(`${path}/delete`, { confirmed: "yes" })).status).toBe(303);
    expect((await appErrorOf(() => all.useCases.targets.get({ ...all.of, targetId: id }))).kind).toBe(
      "not_found",
    );
  });

  test("shows its destination, its health, its pending and failed deliveries, and its last attempt", async () => {
    const lastResult = { at: all.clock.now(), delivered: false, statusCode: 503, error: "HTTP 503" };
    const counts = { ...NO_DELIVERIES, delivered: 1_234, pending: 5, failed: 2, discarded: 7 };
    all.files.set(all.webhook.id, { targets: { [all.target.id]: { counts, filtered: 0, lastResult } } });
    const { html } = await all.pages.get(all.paths.webhook);
    const row = html.slice(
      html.indexOf(">Warehouse</a></h3>"),
      html.indexOf("</li>", html.indexOf(">Warehouse</a></h3>")),
    );
    for (const text of ["failing", "https://warehouse.example/in", "1,234", "HTTP 503"]) {
      expect(row).toContain(text);
    }
    for (const status of ["pending", "failed", "discarded"]) {
      const log = `${all.paths.webhook}/logs?target=${all.target.id}&amp;status=${status}`;
      expect(row).toContain(`href="${log}"`);
    }
  });
});
