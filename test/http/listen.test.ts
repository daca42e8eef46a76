import { expect, spyOn, test } from "bun:test";
import { Elysia } from "elysia";
import { z } from "zod";
import { listen, withRealPort } from "../../src/http/listen.ts";
import { serve } from "../support/http-server.ts";
import { thrownBy } from "../support/thrown.ts";

test("a port in use and an invalid address have different errors", async () => {
  const other = serve(new Elysia());
  const port = Number(new URL(other.url).port);
  expect(await thrownBy(() => listen(new Elysia(), { host: "127.0.0.1", port }))).toMatchObject({
    kind: "unavailable",
    message: `Port ${port} on 127.0.0.1 is already in use.`,
  });
  await other.stop();
  const host = "999.0.0.1";
  const wrong = {
    kind: "unavailable",
    hint: expect.stringContaining("Set HOST to 127.0.0.1"),
  };
  expect(await thrownBy(() => listen(new Elysia(), { host, port }))).toMatchObject(wrong);
  const config = { host, port: 0, baseUrl: "http://localhost:0" };
  expect(await thrownBy(() => withRealPort(config))).toMatchObject(wrong);
});

test("connections stay open longer than load balancers keep theirs", () => {
  const app = new Elysia();
  const given = spyOn(app, "listen").mockImplementation(() => app);
  listen(app, { host: "127.0.0.1", port: 1 });
  const idleTimeout = z.object({ idleTimeout: z.int() }).parse(given.mock.calls[0]?.[0]).idleTimeout;
  expect(idleTimeout).toBeGreaterThan(95);
  // Bun's maximum.
  expect(idleTimeout).toBeLessThanOrEqual(255);
});
