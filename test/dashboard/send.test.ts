/** Sending events from the dashboard and the API: of one's own, from samples, and as edited copies. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SAMPLES } from "../../src/dashboard/send/samples.ts";
import { newId } from "../../src/lib/ids.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

let app: TestEvents;
let send: string;

beforeAll(async () => {
  app = await startTestEvents();
  send = `${app.path}/send`;
});
afterAll(() => app.stop());

const FORM = { method: "POST", path: "", query: "", headers: "", body: "", target: "", copy_of: "" };

async function post(form: Record<string, string>, as?: string) {
  const answer = await app.ask(send, {
    form: { ...FORM, entrypoint: app.entrypoint.id, ...form },
    ...(as && { as }),
  });
  const location = answer.headers.get("location") ?? "";
  const [cookie = ""] = answer.headers.getSetCookie();
  const id = location.split("/").at(-1) ?? "";
  return { status: answer.status, id, cookie: cookie.split(";", 1)[0] ?? "", html: await answer.text() };
}

async function pageAfter({ id, cookie }: { id: string; cookie: string }): Promise<string> {
  const answer = await app.ask(`${app.path}/events/${id}`, { headers: { cookie } });
  return answer.text();
}

const stored = (id: string) => app.store.findEvent(app.webhook.id, id);

/** The text of a text area, as a browser reads it. */
function areaOf(html: string, name: string): string {
  const [, text = ""] =
    new RegExp(`<textarea[^>]*name="${name}"[^>]*>\\n?([^<]*)</textarea>`).exec(html) ?? [];
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#34;", '"')
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&");
}

describe("an event of one's own", () => {
  test("is stored with its method, path, query, headers and body, and says that a user sent it", async () => {
    const sent = await post({
      method: "PUT",
      path: "/orders/é",
      query: "?a=1 2",
      headers: "X-One: 1\r\n x-two:  two: parts \r\nContent-Length: 7\r\nHost: evil.example",
      body: "line 1\r\nline 2",
    });
    expect(sent.status).toBe(303);
    const event = await stored(sent.id);
    expect(event).toMatchObject({ method: "PUT", pathTail: "/orders/%C3%A9", query: "a=1%202" });
    expect(event?.headers).toEqual([
      ["content-length", "13"],
      ["x-one", "1"],
      ["x-two", "two: parts"],
    ]);
    expect(Buffer.from(event?.body ?? []).toString()).toBe("line 1\nline 2");
    const page = await pageAfter(sent);
    expect(page).toContain("The event was sent.");
    expect(page).toContain("sent by a user");
  });

  test("goes to one target alone if that is wanted, whatever its filter says", async () => {
    const picky = await app.useCases.targets.create({
      ...app.of,
      input: { name: "Picky", type: "log", event_types: ["never"] },
    });
    const targetsOf = async (form: Record<string, string>) => {
      const { id } = await post({ headers: "X-GitHub-Event: push", ...form });
      return (await app.store.listDeliveries(app.webhook.id, id)).map(({ targetId }) => targetId);
    };
    expect(await targetsOf({ body: "all" })).toEqual([app.target.id]);
    expect(await targetsOf({ body: "one", target: picky.id })).toEqual([picky.id]);
    await app.useCases.targets.setActive({ ...app.of, targetId: picky.id, active: false });
    const refused = await post({ body: "one", target: picky.id });
    expect([refused.status, refused.html.includes("The target is disabled.")]).toEqual([422, true]);
    expect((await post({ target: newId() })).status).toBe(404);
    await app.useCases.targets.remove({ ...app.of, targetId: picky.id });
  });

  test("that cannot be a request comes back with what is wrong, and with what was typed", async () => {
    const cases = [
      [{ path: "orders" }, "Must be empty, or begin with / and contain neither ? nor #."],
      [{ headers: "no colon" }, "Header 1: Is not a valid header name."],
      [{ headers: "a: 1\nb: \u20ac" }, "Header 2: Has a value that a header cannot carry."],
      [{ query: "a#b" }, "Must not contain #."],
    ] as const;
    for (const [form, fault] of cases) {
      const { status, html } = await post({ ...form, body: '<b>"typed"</b>' });
      expect([status, html.includes(fault)]).toEqual([422, true]);
      expect(areaOf(html, "body")).toBe('<b>"typed"</b>');
    }
    expect((await post({ entrypoint: newId() })).status).toBe(404);
  });

  test("of another user's webhook is not sent", async () => {
    const count = await app.store.countEvents(app.webhook.id);
    expect((await post({}, app.bob)).status).toBe(404);
    expect((await app.ask(send, { as: app.bob })).status).toBe(404);
    expect(await app.store.countEvents(app.webhook.id)).toBe(count);
  });
});

describe("an edited copy", () => {
  test("is a new event that names the first, which stays as it was", async () => {
    const body = '\n{"n":1,"text":"<\\"&\'"}\n';
    const headers = [
      ["content-type", "application/json"],
      ["authorization", "[secret]"],
      ["host", "hooks.example"],
    ] as const;
    const first = await app.addEvent({ body, headers, method: "PATCH", pathTail: "/a", query: "b=1" });
    const page = await (await app.ask(`${app.path}/events/${first.id}`)).text();
    expect(page).toContain(`href="${send}?event=${first.id}"`);
    const form = await (await app.ask(`${send}?event=${first.id}`)).text();
    expect(areaOf(form, "body")).toBe(body);
    expect(areaOf(form, "headers")).toBe("content-type: application/json");
    for (const value of ["/a", "b=1", first.id]) expect(form).toContain(`value="${value}"`);
    expect(form).toContain('<option value="PATCH" selected');
    const sent = await post({ copy_of: first.id, body: body.replaceAll("\n", "\r\n").replace("1", "2") });
    expect(Buffer.from((await stored(sent.id))?.body ?? []).toString()).toBe(body.replace("1", "2"));
    expect(await pageAfter(sent)).toContain(`href="${app.path}/events/${first.id}">edited copy`);
    expect(Buffer.from((await stored(first.id))?.body ?? []).toString()).toBe(body);
    expect((await post({ copy_of: newId() })).status).toBe(404);
  });

  test.each([
    ["no text", new Uint8Array([0xff, 0x00, 0x80]), []],
    ["carriage returns", Buffer.from("a\r\nb\rc"), []],
    ["a long text", Buffer.from("x".repeat(70_000)), []],
    ["compressed", Bun.gzipSync("text"), [["content-encoding", "gzip"]] as const],
  ] as const)("whose body is %s keeps it byte for byte", async (_what, body, headers) => {
    const first = await app.addEvent({ body, headers });
    const form = await (await app.ask(`${send}?event=${first.id}`)).text();
    expect(form).toContain("The body cannot be edited here");
    const { body: _body, ...rest } = FORM;
    const answer = await app.ask(send, {
      form: { ...rest, entrypoint: app.entrypoint.id, copy_of: first.id },
    });
    const id = answer.headers.get("location")?.split("/").at(-1) ?? "";
    expect(Buffer.from((await stored(id))?.body ?? [])).toEqual(Buffer.from(body));
  });
});

describe("a sample", () => {
  const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  /** The verifications that can be signed for here. */
  const SIGNED = ["github", "gitlab", "linear", "shopify", "slack", "standard-webhooks", "stripe"];

  test.each(SAMPLES.map(({ id, provider }) => [id, provider]))(
    "%s fills the form and is sent",
    async (id, type) => {
      const secret = { secret: SECRET };
      const verification = type !== null && SIGNED.includes(type) ? { type, config: secret } : null;
      const entrypoint = await app.useCases.entrypoints.create({
        ...app.of,
        input: { name: id, verification },
      });
      const query = `entrypoint=${entrypoint.id}${verification === null ? `&sample=${id}` : ""}`;
      const html = await (await app.ask(`${send}?${query}`)).text();
      const [headers, body] = [areaOf(html, "headers"), areaOf(html, "body")];
      expect(body).not.toBe("");
      const sent = await post({ entrypoint: entrypoint.id, headers, body });
      const page = await pageAfter(sent);
      const signed = "The event was sent, signed with the entrypoint’s secret.";
      expect(page).toContain(verification === null ? "The event was sent." : signed);
      const event = await stored(sent.id);
      expect(Buffer.from(event?.body ?? []).toString()).toBe(body);
      if (verification !== null) expect(event?.type).not.toBeNull();
    },
  );

  test.each([
    ["bearer", { secret: "the-token" }],
    ["basic", { username: "ada", secret: "the sécret" }],
    ["api-key", { secret: "s3cret", name: "X-Key" }],
    ["api-key", { secret: "s3+c/ret&", place: "query", name: "key" }],
    [
      "hmac",
      {
        secret: "sesame",
        header: "X-Sig",
        template: "{id}.{timestamp}.{body}",
        id_header: "X-Id",
        timestamp_header: "X-Time",
        tolerance_seconds: 60,
      },
    ],
  ] as const)("is signed for an entrypoint with %s too, and no secret is stored", async (type, config) => {
    const input = { name: type, verification: { type, config } };
    const entrypoint = await app.useCases.entrypoints.create({ ...app.of, input });
    const sent = await post({ entrypoint: entrypoint.id, body: "signed", query: "a=1" });
    expect(await pageAfter(sent)).toContain("signed with the entrypoint’s secret");
    const event = await stored(sent.id);
    const shown = JSON.stringify([event?.headers, decodeURIComponent(event?.query ?? "")]);
    expect(shown.replaceAll("[secret]", "")).not.toContain(config.secret);
  });

  test("for a sender whose signature cannot be made is stored unsigned, and the page says so", async () => {
    const input = { name: "Twilio", verification: { type: "twilio", config: { secret: "token" } } };
    const entrypoint = await app.useCases.entrypoints.create({ ...app.of, input });
    const sent = await post({ entrypoint: entrypoint.id, body: "Body=hello" });
    expect(await pageAfter(sent)).toContain("It has no valid signature, which only its sender can make");
  });

  test("is not stored again by an entrypoint that knows it, which is said", async () => {
    const settings = { deduplicate_by: "body" };
    const entrypoint = await app.useCases.entrypoints.create({
      ...app.of,
      input: { name: "Once", ...settings },
    });
    const first = await post({ entrypoint: entrypoint.id, body: "once" });
    const again = await post({ entrypoint: entrypoint.id, body: "once", copy_of: first.id });
    expect(again.id).toBe(first.id);
    expect(await pageAfter(again)).toContain("Nothing new was stored");
    expect(await app.store.findOrigin(app.webhook.id, first.id)).toEqual({ sentBy: app.ada, copyOf: null });
  });
});
