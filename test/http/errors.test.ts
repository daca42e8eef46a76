/** Every error response has one format, the right status and nothing of the input. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { Elysia, status, t } from "elysia";
import { allowedMethods } from "../../src/http/allowed-methods.ts";
import { statusOf } from "../../src/http/error-description.ts";
import { createErrorAnswers, errorHandler, wantsPage } from "../../src/http/errors.ts";
import { AppError, type ErrorKind } from "../../src/lib/errors.ts";
import { serve } from "../support/http-server.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const kinds: readonly ErrorKind[] = [
  "malformed",
  "invalid",
  "unsupported_type",
  "unauthenticated",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "conflict",
  "gone",
  "too_large",
  "rate_limited",
  "unavailable",
];

class ErrorWithStatus extends Error {
  readonly status = 418;
}

const { log, lines } = createRecordingLog();
const errors = createErrorAnswers({
  log,
  rendererFor: (request) =>
    wantsPage(request)
      ? (error) =>
          new Response(`<h1>${error.code}</h1>`, {
            status: error.status,
            headers: { "content-type": "text/html" },
          })
      : null,
});
const server = serve(
  new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(errorHandler(errors))
    .get("/kinds/:kind", ({ params }) => {
      const kind = kinds.find((each) => each === params.kind);
      throw kind
        ? new AppError({ kind, message: "Said aloud.", hint: "Do this." })
        : new Error("unknown kind");
    })
    .get("/details", () => {
      throw new AppError({
        kind: "invalid",
        code: "bad_field",
        message: "No.",
        details: [{ path: "name", message: "is too short" }],
        retryAfterSeconds: 1.2,
      });
    })
    .get("/cause", () => {
      throw new Error("inner secret", { cause: new Error("deeper secret") });
    })
    .get("/string", () => {
      throw "a string";
    })
    .get("/status", () => {
      throw new ErrorWithStatus("teapot secret");
    })
    .get("/framework", () => {
      throw status(403, "from the framework");
    })
    .post("/parsed", ({ body }) => typeof body)
    .post("/validated", () => "ok", { body: t.Object({ password: t.Number() }) })
    .patch("/validated/:id", () => "ok")
    .use(new Elysia().get("/plugin", () => Promise.reject(new AppError({ kind: "gone", message: "Gone." })))),
);
afterAll(() => server.stop());
beforeEach(() => {
  lines.length = 0;
});

async function get(path: string, init: RequestInit = {}) {
  const response = await fetch(server.url + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("an AppError", () => {
  for (const kind of kinds) {
    test(`of the kind ${kind} responds ${statusOf(kind)} with code, message and hint`, async () => {
      const answer = await get(`/kinds/${kind}`);
      expect(answer.status).toBe(statusOf(kind));
      expect(answer.headers.get("content-type")).toStartWith("application/json");
      expect(JSON.parse(answer.text)).toEqual({
        error: { code: kind, message: "Said aloud.", hint: "Do this." },
      });
      expect(lines).toEqual([]);
    });
  }

  test("keeps its own code, details and Retry-After", async () => {
    const answer = await get("/details");
    expect(JSON.parse(answer.text)).toEqual({
      error: { code: "bad_field", message: "No.", details: [{ path: "name", message: "is too short" }] },
    });
    expect(answer.headers.get("retry-after")).toBe("2");
  });

  test("has WWW-Authenticate and Retry-After", async () => {
    expect((await get("/kinds/unauthenticated")).headers.get("www-authenticate")).toBe(
      'Bearer realm="webhooker"',
    );
    expect((await get("/kinds/unavailable")).headers.get("retry-after")).toBe("5");
  });

  test("is caught in routes of plugins too", async () => {
    expect((await get("/plugin")).status).toBe(410);
  });
});

describe("anything else", () => {
  for (const path of ["/cause", "/string", "/status", "/framework", "/kinds/unheard-of"]) {
    test(`such as ${path} is an opaque 500 with a request id, logged with its cause`, async () => {
      const answer = await get(`${path}?token=private`);
      expect(answer.status).toBe(500);
      const id = answer.headers.get("x-request-id");
      expect(JSON.parse(answer.text)).toEqual({
        error: {
          code: "internal",
          message: "Internal server error.",
          hint: "Find the cause in the server's log by this request's id.",
          request_id: id,
        },
      });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({
        level: "error",
        fields: { request_id: id, method: "GET", path, error: expect.anything() },
      });
    });
  }
});

describe("the framework's own errors", () => {
  test("an unknown path is 404 in the same format", async () => {
    const answer = await get("/nowhere");
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([404, "not_found"]);
  });

  test("another method is 405 and lists the allowed ones", async () => {
    for (const path of ["/validated/1", "/validated/1/"]) {
      const answer = await get(path);
      expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([405, "method_not_allowed"]);
      expect(answer.headers.get("allow")).toBe("PATCH");
    }
    const answer = await get("/cause", { method: "DELETE" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("a literal route takes precedence over a route with a parameter", () => {
    const routes = [
      { method: "GET", path: "/webhooks/:id" },
      { method: "DELETE", path: "/webhooks/:id" },
      { method: "POST", path: "/webhooks/import" },
    ];
    expect(allowedMethods(routes, "/webhooks/import")).toEqual(["POST"]);
    expect(allowedMethods(routes, "/webhooks/import/")).toEqual(["POST"]);
    expect(allowedMethods(routes, "/webhooks/1")).toEqual(["DELETE", "GET", "HEAD"]);
    expect(allowedMethods(routes, "/webhooks")).toEqual([]);
  });

  test("an unusual method is 405 as well", async () => {
    expect((await get("/cause", { method: "PROPFIND" })).status).toBe(405);
  });

  test("a body that cannot be parsed is 400, an invalid one 422; neither is repeated", async () => {
    const headers = { "content-type": "application/json" };
    const broken = await get("/parsed", { method: "POST", headers, body: '{"password": hunter2' });
    expect([broken.status, JSON.parse(broken.text).error.code]).toEqual([400, "malformed"]);
    const wrong = await get("/validated", { method: "POST", headers, body: '{"password":"hunter2"}' });
    expect([wrong.status, JSON.parse(wrong.text).error.code]).toEqual([422, "invalid"]);
    expect(broken.text + wrong.text).not.toContain("hunter2");
  });

  test("HEAD of an unknown path has the status and no body", async () => {
    const answer = await get("/nowhere", { method: "HEAD" });
    expect([answer.status, answer.text]).toEqual([404, ""]);
  });
});

describe("the renderer", () => {
  test("is the page's for browsers, with the same status and headers", async () => {
    const answer = await get("/kinds/unavailable", { headers: { accept: "text/html,*/*" } });
    expect([answer.status, answer.text]).toEqual([503, "<h1>unavailable</h1>"]);
    expect(answer.headers.get("retry-after")).toBe("5");
  });

  test("is JSON under the paths of programs and senders, whatever they accept", () => {
    const headers = { accept: "text/html" };
    for (const path of ["/api/v1/x", "/webhook/x"]) {
      expect(wantsPage(new Request(`http://localhost${path}`, { headers }))).toBe(false);
    }
    expect(wantsPage(new Request("http://localhost/sources", { headers }))).toBe(true);
    expect(wantsPage(new Request("http://localhost/sources"))).toBe(false);
  });
});
