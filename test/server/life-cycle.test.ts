/** The gateway's parts are stopped in order, and once. */
import { test } from "bun:test";
import { startTestApp } from "../support/test-app.ts";

test("a gateway that is stopped again, while it is or was, stops once", async () => {
  const app = await startTestApp();
  await Promise.all([app.stop(), app.stop()]);
  await app.stop();
});
