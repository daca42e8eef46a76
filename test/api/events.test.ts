import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let list: string;

beforeAll(async () => {
  api = await startTestApi();
  list = `/webhooks/${api.webhook.id}/events`;
});
afterAll(() => api.stop());

const page = z.object({ data: z.array(z.object({ id: z.string() })), next_cursor: z.string().nullable() });

const received = () => ({
  id: api.event.id,
  entrypoint_id: api.entrypoint.id,
  received_at: "2026-01-01T00:00:00.000Z",
  method: "POST",
  path_tail: "/orders",
  query: "a=1",
  content_type: "application/json",
  body_size: 7,
  remote_address: "192.0.2.1",
  type: null,
  duplicate_count: 0,
  differing_duplicate_count: 0,
  same_key_as: null,
});

const tried = () => ({
  id: expect.any(String),
  event_id: api.event.id,
  target_id: api.target.id,
  status: "pending",
  attempts: 1,
  attempts_since_replay: 1,
  next_attempt_at: "2026-01-01T00:01:00.000Z",
  reason: null,
  created_at: "2026-01-01T00:00:00.000Z",
  updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
  results: [
    {
      id: expect.any(String),
      attempt: 1,
      started_at: "2026-01-01T00:00:00.000Z",
      duration_ms: 12,
      status_code: 500,
      error: "The target answered 500.",
      response_headers: [["content-type", "text/plain"]],
      response_body_base64: btoa("no"),
      response_body_truncated: false,
      transformation_version: null,
      transformation_failed: false,
    },
  ],
});

describe("a list of events", () => {
  test("is filtered by state, target, entrypoint, method, answer, range and text", async () => {
    const idsOf = async (query: string) => {
      const { data } = page.parse((await api.call("GET", `${list}?${query}`)).body);
      return data.map(({ id }) => id);
    };
    for (const match of [
      `target_id=${api.target.id}&status=pending`,
      `entrypoint_id=${api.entrypoint.id}`,
      "method=POST",
      "answer=500",
      `answer=5xx&target_id=${api.target.id}`,
      "range=1d",
      "text=/orders",
      `text=${encodeURIComponent("X-Sender: shop")}`,
      `text=${encodeURIComponent('"N":1')}`,
      `q=${encodeURIComponent('"N":1')}`,
      `q=absent&text=${encodeURIComponent('"N":1')}`,
    ]) {
      expect(await idsOf(match)).toContain(api.event.id);
    }
    for (const miss of [
      "status=failed",
      "status=filtered",
      "target_id=none",
      "entrypoint_id=none",
      "method=PUT",
      "answer=503",
      "answer=none",
      "text=absent",
      "q=absent",
    ]) {
      expect(await idsOf(miss)).toEqual([]);
    }
    for (const wrong of ["from=yesterday", "range=1w", "answer=5", "range=1d&from=2026-01-01T00:00:00Z"])
      expect((await api.call("GET", `${list}?${wrong}`)).status).toBe(422);
  });
});

describe("an event", () => {
  test("is returned with its headers, bytes, deliveries and results", async () => {
    const answer = await api.call("GET", `${list}/${api.event.id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      ...received(),
      headers: [
        ["content-type", "application/json"],
        ["x-sender", "shop"],
      ],
      body_base64: btoa('{"n":1}'),
      first_received_at: null,
      sent_by: null,
      copy_of: null,
      unread_values: [],
      duplicates: [],
      deliveries: [tried()],
      filtered_by: [],
      unjudged_by: [],
    });
  });

  test("has a list of its deliveries", async () => {
    const answer = await api.call("GET", `${list}/${api.event.id}/deliveries`);
    expect(answer.body).toEqual({ data: [tried()], next_cursor: null });
  });

  test("that does not exist gives 404, for any id", async () => {
    for (const id of ["0198aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee", "x", "%00", "%ff", "..%2f..", "'%20OR%201"]) {
      for (const rest of ["", "/body", "/deliveries"]) {
        const answer = await api.call("GET", `${list}/${id}${rest}`);
        expect([id, answer.status]).toEqual([id, 404]);
        expect(answer.body).toMatchObject({ error: { code: "not_found" } });
      }
    }
  });
});

describe("the list", () => {
  test("is newest first, counts deliveries by state, and pages by cursor", async () => {
    const others = [await api.addEvent(), await api.addEvent({ targets: [] })];
    const newestFirst = [...others.map(({ id }) => id).reverse(), api.event.id];
    const whole = await api.call("GET", list);
    expect(whole.body).toMatchObject({
      data: [
        { delivery_counts: { pending: 0, retrying: 0, delivered: 0, failed: 0, held: 0, discarded: 0 } },
        { delivery_counts: { pending: 1, retrying: 0 } },
        { ...received(), delivery_counts: { pending: 1, retrying: 1 } },
      ],
      next_cursor: null,
    });
    expect(whole.text).not.toContain("headers");

    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "?limit=1" : `?limit=1&cursor=${encodeURIComponent(cursor)}`;
      const { data, next_cursor } = page.parse((await api.call("GET", list + query)).body);
      expect(data).toHaveLength(1);
      seen.push(...data.map(({ id }) => id));
      cursor = next_cursor;
    }
    expect(seen).toEqual(newestFirst);
  });

  for (const query of [
    "limit=0",
    "limit=201",
    "limit=ten",
    "limit=1.5",
    "limit=",
    "cursor=",
    "cursor=x",
    "curser=x",
  ]) {
    test(`refuses ?${query}`, async () => {
      const answer = await api.call("GET", `${list}?${query}`);
      expect(answer.status).toBe(422);
    });
  }

  test("takes limits of 1 and 200", async () => {
    for (const limit of [1, 200]) expect((await api.call("GET", `${list}?limit=${limit}`)).status).toBe(200);
  });
});

describe("an event that a user sends", () => {
  const send = (json: object) =>
    api.call("POST", list, { json: { entrypoint_id: api.entrypoint.id, ...json } });
  const sentEvent = z.object({ event_id: z.string(), duplicate: z.boolean(), signing: z.string() });

  test("is stored like any other, and says who sent it and of which event it is a copy", async () => {
    const answer = await send({
      method: "PUT",
      path: "/own",
      headers: [["X-GitHub-Event", "push"]],
      body_base64: btoa("\u00ff\u0000"),
      copy_of: api.event.id,
      target_id: api.target.id,
    });
    const { event_id: id, ...rest } = sentEvent.parse(answer.body);
    expect([answer.status, rest]).toEqual([201, { duplicate: false, signing: "none" }]);
    expect(answer.headers.get("location")).toBe(`/api/v1${list}/${id}`);
    expect((await api.call("GET", `${list}/${id}`)).body).toMatchObject({
      method: "PUT",
      path_tail: "/own",
      type: "push",
      body_base64: btoa("\u00ff\u0000"),
      sent_by: api.webhook.userId,
      copy_of: api.event.id,
      deliveries: [{ target_id: api.target.id }],
    });
  });

  test.each([
    [{ entrypoint_id: "none" }, 404],
    [{ target_id: "none" }, 404],
    [{ copy_of: "none" }, 404],
    [{ body: "a", body_base64: "YQ==" }, 422],
    [{ headers: [["a b", "1"]] }, 422],
    [{ headers: [["a", "1\r\nb: 2"]] }, 422],
    [{ path: "orders" }, 422],
    [{ method: "TRACE" }, 422],
  ])("%j is refused with %i", async (json, status) => {
    expect((await send(json)).status).toBe(status);
  });
});

describe("the raw body", () => {
  test("contains the exact bytes, as a download that no browser runs", async () => {
    const answer = await api.call("GET", `${list}/${api.event.id}/body`);
    expect([answer.status, answer.text]).toEqual([200, '{"n":1}']);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="event-${api.event.id}"`);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-security-policy")).toStartWith("sandbox;");
  });

  test("keeps every byte, and omits an invalid content type", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const contentType of ["", "nonsense", "text/html\u0000", "a/b\r\nx: y", "text/pläin"]) {
      const { id } = await api.addEvent({ body: bytes, contentType });
      const response = await fetch(`${api.server.url}/api/v1${list}/${id}/body`, {
        headers: { authorization: "Bearer whk_ada" },
      });
      expect(response.headers.get("content-type")).toBe("application/octet-stream");
      expect(response.headers.get("x")).toBeNull();
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    }
  });

  test("may be empty", async () => {
    const { id } = await api.addEvent({ body: new Uint8Array(), contentType: "text/html; charset=utf-8" });
    const answer = await api.call("GET", `${list}/${id}/body`);
    expect([answer.status, answer.text, answer.headers.get("content-type")]).toEqual([
      200,
      "",
      "text/html; charset=utf-8",
    ]);
  });
});

describe("replay", () => {
  const due = async (id: string) => (await api.events.listDeliveries(api.webhook.id, id))[0]?.nextAttemptAt;

  test("makes the event due now, for all active targets or for one", async () => {
    for (const options of [{}, { json: {} }, { json: { target_id: api.target.id } }]) {
      const { id } = await api.addEvent({ targets: [] });
      api.clock.advance(1_000);
      const answer = await api.call("POST", `${list}/${id}/replay`, options);
      expect([answer.status, answer.body]).toEqual([202, { deliveries: 1 }]);
      expect(await due(id)).toBe(api.clock.now());
    }
  });

  test("finds neither events nor targets of other webhooks", async () => {
    const { id } = await api.addEvent();
    const nowhere = await api.call("POST", `${list}/${crypto.randomUUID()}/replay`);
    expect(nowhere).toMatchObject({ status: 404, body: { error: { message: "No such event." } } });
    const strange = await api.call("POST", `${list}/${id}/replay`, { json: { target_id: "x" } });
    expect(strange).toMatchObject({ status: 404, body: { error: { message: "No such target." } } });
    const wrong = await api.call("POST", `${list}/${id}/replay`, { json: { target: "x" } });
    expect(wrong.status).toBe(422);
  });

  test("is refused if no target is active", async () => {
    const path = `/webhooks/${api.webhook.id}/targets/${api.target.id}`;
    await api.call("POST", `${path}/deactivate`);
    const refused = await api.call("POST", `${list}/${api.event.id}/replay`);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: "no_active_target" } } });
    await api.call("POST", `${path}/activate`);
  });
});

describe("a pending delivery", () => {
  test("is retrying from its first attempt on, until it is replayed", async () => {
    const { id } = await api.addEvent();
    const idsOf = async (status: string) =>
      page.parse((await api.call("GET", `${list}?status=${status}`)).body).data.map((each) => each.id);
    const before = { pending: await idsOf("pending"), retrying: await idsOf("retrying") };
    expect(before.pending).toContain(id);
    expect(before.retrying).not.toContain(id);
    await api.failOnce(id);
    expect(await idsOf("pending")).toEqual(before.pending);
    expect(await idsOf("retrying")).toEqual([id, ...before.retrying]);
    const count = { filter: { status: "retrying" }, dry_run: true };
    const counted = await api.call("POST", `/webhooks/${api.webhook.id}/replays`, { json: count });
    expect(counted.body).toMatchObject({ deliveries: before.retrying.length + 1, exact: true });
    await api.call("POST", `${list}/${id}/replay`);
    expect({ pending: await idsOf("pending"), retrying: await idsOf("retrying") }).toEqual(before);
    const { body } = await api.call("GET", `${list}/${id}/deliveries`);
    expect(body).toMatchObject({ data: [{ status: "pending", attempts: 1, attempts_since_replay: 0 }] });
  });
});
