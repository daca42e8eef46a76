/** Health checks for load balancers and orchestrators. */
import { expect, test } from "bun:test";
import { Elysia } from "elysia";
import { health, type Readiness } from "../../src/http/health.ts";

let readiness: Readiness = { ready: true };
const app = new Elysia().use(health({ isReady: () => readiness }));

async function get(path: string) {
  const response = await app.handle(new Request(`http://localhost${path}`));
  return [response.status, await response.json()];
}

test("a running server is alive, whether it is ready or not", async () => {
  for (readiness of [{ ready: true }, { ready: false }]) {
    expect(await get("/.well-known/healthcheck")).toEqual([200, { status: "ok" }]);
    expect(await get("/livez")).toEqual([200, { status: "ok" }]);
  }
});

test("readiness follows the server and gives the reason", async () => {
  readiness = { ready: true };
  expect(await get("/readyz")).toEqual([200, { status: "ok" }]);
  readiness = { ready: false, reason: "stopping" };
  expect(await get("/readyz")).toEqual([503, { status: "unavailable", reason: "stopping" }]);
  readiness = { ready: false };
  expect(await get("/readyz")).toEqual([503, { status: "unavailable" }]);
});
