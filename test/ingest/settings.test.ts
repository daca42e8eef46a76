import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chunked, ENTRYPOINT, type IngestServer, startIngest } from "./ingest-server.ts";

let ingest: IngestServer;

beforeEach(() => {
  ingest = startIngest({ maxBodyBytes: 1_000, trustedProxies: ["127.0.0.1"] });
});
afterEach(() => ingest.stop());

function send(method: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${ingest.url}/webhook/${ENTRYPOINT}/tail?q=1`, { ...init, method });
}

function from(address: string): RequestInit {
  return { headers: { "x-forwarded-for": address } };
}

describe("methods", () => {
  test("that are allowed store events; others are refused with the allowed ones", async () => {
    ingest.setRoute({ settings: { methods: ["GET", "PUT"] } });
    for (const method of ["GET", "PUT"]) expect((await send(method)).status).toBe(200);
    expect(ingest.stored.map(({ method, pathTail, query }) => ({ method, pathTail, query }))).toEqual([
      { method: "GET", pathTail: "/tail", query: "q=1" },
      { method: "PUT", pathTail: "/tail", query: "q=1" },
    ]);
    for (const method of ["POST", "DELETE", "HEAD", "OPTIONS"]) {
      const answer = await send(method);
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, PUT");
    }
    expect(ingest.stored).toHaveLength(2);
  });

  test("with GET do not accept HEAD, which should change nothing", async () => {
    ingest.setRoute({ settings: { methods: ["GET", "POST", "PUT", "PATCH", "DELETE"] } });
    expect((await send("HEAD")).status).toBe(405);
    expect(ingest.stored).toEqual([]);
  });
});

describe("the response", () => {
  test("has the configured status, headers, type and body, and always the event's id", async () => {
    ingest.setRoute({
      settings: {
        response_status: 202,
        response_headers: { "X-Mine": "yes" },
        response_body: "<ok>{id}</ok> {id}",
        response_content_type: "application/xml",
      },
    });
    const answer = await send("POST", { body: "a" });
    const id = ingest.stored[0]?.id ?? "";
    expect(answer.status).toBe(202);
    expect(answer.headers.get("x-mine")).toBe("yes");
    expect(answer.headers.get("content-type")).toBe("application/xml");
    expect(answer.headers.get("x-webhooker-event-id")).toBe(id);
    expect(await answer.text()).toBe(`<ok>${id}</ok> ${id}`);
  });

  test("is plain text without a configured type, and the default without a configured body", async () => {
    ingest.setRoute({ settings: { response_body: "thanks" } });
    expect((await send("POST")).headers.get("content-type")).toBe("text/plain; charset=utf-8");
    ingest.setRoute({ settings: { response_status: 201 } });
    const usual = await send("POST");
    expect(usual.headers.get("content-type")).toBe("application/json");
    expect(await usual.json()).toEqual({ id: ingest.stored[1]?.id });
  });

  test("has no body if its status has none", async () => {
    ingest.setRoute({ settings: { response_status: 204, response_body: "lost" } });
    const answer = await send("POST");
    expect(answer.status).toBe(204);
    expect(await answer.text()).toBe("");
    expect(answer.headers.get("x-webhooker-event-id")).toBe(ingest.stored[0]?.id ?? "");
  });

  test("is neither run by browsers nor cached, because it shares the dashboard's origin", async () => {
    ingest.setRoute({ settings: { response_body: "<a/>", response_content_type: "text/xml" } });
    const { headers } = await send("POST");
    expect(headers.get("content-security-policy")).toStartWith("sandbox; default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-type")).toBe("text/xml");
  });

  test("omits headers that are no longer allowed, and events are still accepted", async () => {
    ingest.setRoute({
      settings: {
        response_headers: {
          "X-Accel-Redirect": "/internal",
          NEL: "{}",
          "Cache-Control": "public",
          "X-Mine": "1",
        },
        response_body: "alert(1)",
        response_content_type: "text/javascript",
      },
    });
    const { status, headers } = await send("POST");
    expect(status).toBe(200);
    expect(headers.get("x-accel-redirect")).toBeNull();
    expect(headers.get("nel")).toBeNull();
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-mine")).toBe("1");
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(ingest.stored).toHaveLength(1);
  });
});

describe("a body limit", () => {
  test("refuses larger bodies, chunked or not, and no others", async () => {
    ingest.setRoute({ settings: { max_body_bytes: 4 } });
    expect((await send("POST", { body: "four" })).status).toBe(200);
    for (const body of ["fives", chunked(Buffer.from("fiv"), Buffer.from("es"))]) {
      const answer = await send("POST", { body });
      expect(answer.status).toBe(413);
      expect(await answer.text()).toContain("exceeds 4 bytes");
    }
    expect(ingest.stored).toHaveLength(1);
    // This is the owner's limit, so the operator's log has no line about it.
    expect(ingest.tooLarge()).toBe(0);
  });

  test("does not raise the server's limit", async () => {
    ingest.setRoute({ settings: { max_body_bytes: 5_000 } });
    const answer = await send("POST", { body: "x".repeat(1_001) });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain("exceeds 1000 bytes");
  });
});

describe("a rate limit", () => {
  test("responds 429 with Retry-After, and accepts as many as are refilled over time", async () => {
    ingest.setRoute({ settings: { rate_limit: 60, rate_limit_per: "minute", rate_limit_burst: 2 } });
    for (let n = 0; n < 2; n++) expect((await send("POST")).status).toBe(200);
    const refused = await send("POST", { body: "never read" });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    ingest.clock.advance(1_000);
    expect((await send("POST")).status).toBe(200);
    expect((await send("POST")).status).toBe(429);
    ingest.clock.advance(3_600_000);
    for (let n = 0; n < 2; n++) expect((await send("POST")).status).toBe(200);
    expect((await send("POST")).status).toBe(429);
    expect(ingest.stored).toHaveLength(5);
  });

  test("is not used up by requests from networks that are not allowed", async () => {
    ingest.setRoute({ settings: { rate_limit: 1, allowed_networks: ["192.0.2.0/24"] } });
    for (let n = 0; n < 5; n++) expect((await send("POST", from("198.51.100.1"))).status).toBe(403);
    expect((await send("POST", from("192.0.2.1"))).status).toBe(200);
  });

  test("keeps its count when the settings change", async () => {
    ingest.setRoute({ settings: { rate_limit: 1 } });
    expect((await send("POST")).status).toBe(200);
    ingest.setRoute({ settings: { rate_limit: 1, response_status: 202 } });
    expect((await send("POST")).status).toBe(429);
  });
});

describe("allowed networks", () => {
  test("apply to the sender behind trusted proxies, and to no address that others claim", async () => {
    ingest.setRoute({ settings: { allowed_networks: ["192.0.2.0/24", "2001:db8::/32"] } });
    expect((await send("POST", from("192.0.2.9"))).status).toBe(200);
    expect((await send("POST", from("2001:db8::9"))).status).toBe(200);
    for (const forged of ["192.0.2.9, 198.51.100.1", "198.51.100.1", "", "192.0.2.9, x"]) {
      const answer = await send("POST", { ...from(forged), body: "a" });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain('"code":"network_not_allowed"');
    }
    expect((await send("POST")).status).toBe(403);
    expect(ingest.stored).toHaveLength(2);
  });
});

describe("the event's type", () => {
  const typeOf = async (event_type_from: string, init: RequestInit) => {
    ingest.setRoute({ settings: { event_type_from } });
    expect((await send("POST", init)).status).toBe(200);
    return ingest.stored.at(-1)?.type;
  };

  test("is read from a header or a path in the JSON body", async () => {
    expect(await typeOf("X-Event", { headers: { "x-event": "order.paid" } })).toBe("order.paid");
    expect(await typeOf("$.a.type", { body: '{"a":{"type":"order.sent"}}' })).toBe("order.sent");
    expect(await typeOf("$.n", { body: '{"n":7}' })).toBe("7");
  });

  test("is null if absent, and hostile bodies do no harm", async () => {
    for (const body of ["", "{", "null", '{"type":{}}', '{"type":""}', `{"type":"${"x".repeat(251)}"}`]) {
      expect(await typeOf("$.type", { body })).toBeNull();
    }
    expect(await typeOf("$.__proto__.x", { body: '{"__proto__":{"x":"y"}}' })).toBe("y");
    expect(await typeOf("$.constructor.name", { body: "{}" })).toBeNull();
    expect(await typeOf("X-Event", {})).toBeNull();
  });
});

test("unreadable settings accept nothing, and are logged once", async () => {
  ingest.setRoute({ settings: { methods: "all of them" } });
  for (let n = 0; n < 2; n++) {
    const answer = await send("POST", { body: "a" });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { code: "settings_unusable" } });
  }
  expect(ingest.stored).toEqual([]);
  expect(ingest.lines.filter(({ level }) => level === "error")).toHaveLength(1);
});
