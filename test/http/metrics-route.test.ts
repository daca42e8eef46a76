import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { createErrorAnswers, errorHandler } from "../../src/http/errors.ts";
import { metricsRoute } from "../../src/http/metrics-route.ts";
import { serve, type TestServer } from "../support/http-server.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const credentials = { username: "prometheus", password: "Grüße: 1:2" };
let scrapes = 0;

function start(given: typeof credentials | null): TestServer {
  const app = new Elysia({ precompile: true })
    .use(errorHandler(createErrorAnswers({ log: createRecordingLog().log })))
    .use(
      metricsRoute({
        credentials: given,
        scrape: async () => ({ contentType: "text/plain; version=0.0.4", text: `scrapes ${++scrapes}\n` }),
      }),
    );
  return serve(app);
}

let server: TestServer;
beforeAll(() => {
  server = start(credentials);
});
afterAll(() => server.stop());

function ask(authorization: string | null, at: TestServer = server): Promise<Response> {
  return fetch(`${at.url}/metrics`, { headers: authorization === null ? {} : { authorization } });
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

describe("/metrics", () => {
  test("responds to the right user name and password, with any characters", async () => {
    const response = await ask(basic("prometheus:Grüße: 1:2"));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4");
    expect(await response.text()).toBe(`scrapes ${scrapes}\n`);
    expect((await ask(basic("prometheus:Grüße: 1:2").replace("Basic", "basic"))).status).toBe(200);
  });

  test.each([
    ["nothing", null],
    ["another password", basic("prometheus:Grüße: 1:3")],
    ["another name", basic("Prometheus:Grüße: 1:2")],
    ["the beginning of the password", basic("prometheus:Grüße")],
    ["an empty password", basic("prometheus:")],
    ["nothing but a colon", basic(":")],
    ["no colon", basic("prometheus")],
    ["an API key", "Bearer whk_abc"],
    ["no base64", "Basic %%%"],
    ["the scheme alone", "Basic"],
  ])("asks for both, measures nothing and reveals nothing, given %s", async (_what, authorization) => {
    const before = scrapes;
    const response = await ask(authorization);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Basic realm="webhooker metrics", charset="UTF-8"');
    expect(await response.json()).toMatchObject({ error: { code: "unauthenticated" } });
    expect(scrapes).toBe(before);
  });

  test("does not exist if no password is configured", async () => {
    const without = start(null);
    for (const authorization of [null, basic("prometheus:Grüße: 1:2"), basic(":")]) {
      const response = await ask(authorization, without);
      expect(response.status).toBe(404);
      expect(response.headers.get("www-authenticate")).toBeNull();
    }
    await without.stop();
  });
});
