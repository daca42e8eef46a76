/** The wrapper of every request: Host check, request id, security headers, log lines. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { edge } from "../../src/http/edge.ts";
import { createErrorAnswers, errorHandler } from "../../src/http/errors.ts";
import { health } from "../../src/http/health.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { sendRaw, serve } from "../support/http-server.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const { log, lines } = createRecordingLog();

function start(options: { logIngestion: boolean; baseUrl: string }) {
  const errors = createErrorAnswers({ log });
  return serve(
    new Elysia({ precompile: true, handler: { standardHostname: false } })
      .use(edge({ log, clock: createFakeClock(), errors, ...options }))
      .use(errorHandler(errors))
      .use(health({ isReady: () => ({ ready: true }) }))
      .post("/webhook/:id", ({ params }) => Response.json({ id: params.id }), { parse: "none" })
      .get("/page", () => new Response("page", { headers: { "cache-control": "max-age=60" } }))
      .get("/moved", () => Response.redirect("/page", 303))
      .get("/broken", () => {
        throw new Error("a cause");
      }),
  );
}

const plain = start({ logIngestion: false, baseUrl: "http://hooks.example:8080" });
const verbose = start({ logIngestion: true, baseUrl: "https://hooks.example" });
afterAll(async () => {
  await plain.stop();
  await verbose.stop();
});
beforeEach(() => {
  lines.length = 0;
});

function withHost(host: string, target = "GET /page"): Promise<string> {
  return sendRaw(plain.port, `${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
}

describe("Host headers", () => {
  const wellFormed = [
    "x",
    "localhost",
    "127.0.0.1:8080",
    "[::1]:80",
    "EXAMPLE.com",
    "a_b.example.",
    "1.2.3.4",
  ];
  for (const host of wellFormed) {
    test(`"${host}" is accepted`, async () => {
      expect(await withHost(host)).toStartWith("HTTP/1.1 200 ");
      expect(await withHost(host, "POST /webhook/1")).toStartWith("HTTP/1.1 200 ");
    });
  }

  const hostile = [
    "a/b",
    "x/page?",
    "evil.example/webhook/1#",
    "a b",
    "",
    "user:pw@host",
    "a,b",
    "host:abc",
    "é",
  ];
  for (const host of [...hostile, "<script>", "[zz]", "a\\b", "%41", "-a", `${"a".repeat(300)}.example`]) {
    test(`"${host.slice(0, 30)}" is refused in the error format, for pages and for ingestion`, async () => {
      for (const target of ["GET /page", "POST /webhook/1", "GET /nowhere"]) {
        const answer = await withHost(host, target);
        expect(answer).toStartWith("HTTP/1.1 400 ");
        expect(answer).toContain('{"error":{"code":"malformed_host",');
        expect(answer.toLowerCase()).toContain("\r\nx-request-id: ");
      }
    });
  }

  test("two Host headers are refused", async () => {
    expect(await withHost("a\r\nHost: b")).toStartWith("HTTP/1.1 400 ");
  });

  test("none is needed in HTTP/1.0, as load balancers check health", async () => {
    for (const target of ["GET /page", "POST /webhook/1", "GET /livez"])
      expect(await sendRaw(plain.port, `${target} HTTP/1.0\r\n\r\n`)).toStartWith("HTTP/1.1 200 ");
    for (const target of ["GET /nowhere", "GET //page", "GET //evil.example/page"])
      expect(await sendRaw(plain.port, `${target} HTTP/1.0\r\n\r\n`)).toStartWith("HTTP/1.1 404 ");
  });

  test("none in HTTP/1.1 is refused", async () => {
    const answer = await sendRaw(plain.port, "GET /page HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect(answer).toStartWith("HTTP/1.1 400 ");
  });
});

describe("security headers", () => {
  for (const path of ["/page", "/moved", "/broken", "/nowhere", "/livez"]) {
    test(`are on the response of ${path}, beside a request id`, async () => {
      const { headers } = await fetch(plain.url + path, { redirect: "manual" });
      expect(headers.get("content-security-policy")).toStartWith("default-src 'none'; ");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("same-origin");
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    });
  }

  test("allow scripts and styles from the assets folder only, by every name of the server", async () => {
    const sourcesFor = async (headers: Record<string, string>) => {
      const answer = await fetch(`${plain.url}/page`, { headers });
      const policy = answer.headers.get("content-security-policy") ?? "";
      const [, scripts] = /; script-src ([^;]*);/.exec(policy) ?? [];
      expect(policy).toContain(`; style-src ${scripts};`);
      return scripts;
    };
    const own = `127.0.0.1:${plain.port}/assets/`;
    expect(await sourcesFor({})).toBe(`hooks.example:8080/assets/ ${own}`);
    expect(await sourcesFor({ host: "hooks.example:8080" })).toBe("hooks.example:8080/assets/");
    expect(await sourcesFor({ "x-forwarded-host": "front.example" })).toBe(
      `hooks.example:8080/assets/ ${own} front.example/assets/`,
    );
    // Policies cannot name these, and no header may inject one.
    for (const host of ["[::1]:80", "in_ner"]) expect(await sourcesFor({ host })).toBe("'self'");
    for (const forwarded of ["a, b", "x; script-src *", "*", "a/"]) {
      expect(await sourcesFor({ "x-forwarded-host": forwarded })).toBe("'self'");
    }
  });

  test("do not replace the route's own headers", async () => {
    expect((await fetch(`${plain.url}/page`)).headers.get("cache-control")).toBe("max-age=60");
    expect((await fetch(`${plain.url}/livez`)).headers.get("cache-control")).toBe("no-store");
  });

  test("enable HSTS only if the public URL is https", async () => {
    expect((await fetch(`${plain.url}/page`)).headers.get("strict-transport-security")).toBeNull();
    expect((await fetch(`${verbose.url}/page`)).headers.get("strict-transport-security")).not.toBeNull();
  });

  test("HEAD responds like GET, without a body", async () => {
    const response = await fetch(`${plain.url}/page`, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-frame-options")).toBe("DENY");
    expect(await response.text()).toBe("");
  });
});

describe("the request log", () => {
  test("has one line at info per request, with the id and without the query", async () => {
    const response = await fetch(`${plain.url}/page?code=hidden`);
    expect(lines).toEqual([
      {
        level: "info",
        message: "request",
        fields: {
          request_id: response.headers.get("x-request-id"),
          method: "GET",
          path: "/page",
          status: 200,
          duration_ms: 0,
        },
      },
    ]);
  });

  test("has the status of unknown paths and of failures, whose cause is logged with the same id", async () => {
    await fetch(`${plain.url}/nowhere`);
    const { headers } = await fetch(`${plain.url}/broken`);
    expect(
      lines.map((line) => [line.level, line.message, line.fields.status ?? String(line.fields.error)]),
    ).toEqual([
      ["info", "request", 404],
      ["error", "request failed", "Error: a cause"],
      ["info", "request", 500],
    ]);
    expect(lines.slice(1).map((line) => line.fields.request_id)).toEqual([
      headers.get("x-request-id"),
      headers.get("x-request-id"),
    ]);
  });

  test("has health checks at debug", async () => {
    await fetch(`${plain.url}/readyz`);
    expect(lines.map((line) => line.level)).toEqual(["debug"]);
  });

  test("omits ingestion, unless it is enabled at debug", async () => {
    const quiet = await fetch(`${plain.url}/webhook/1`, { method: "POST", body: "x" });
    expect([quiet.headers.get("x-request-id"), lines]).toEqual([null, []]);
    await fetch(`${verbose.url}/webhook/1`, { method: "POST", body: "x" });
    expect(lines.map((line) => [line.level, line.fields.path])).toEqual([["debug", "/webhook/1"]]);
  });
});
