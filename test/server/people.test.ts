/** The parts for people and programs read requests. */
import { expect, test } from "bun:test";
import { rememberCaller } from "../../src/http/cluster/node-caller.ts";
import { startTestApp } from "../support/test-app.ts";

test("the client's address is the one that a verified node tells, and the connection's otherwise", async () => {
  const { parts, stop } = await startTestApp({ TRUSTED_PROXIES: "10.0.0.0/8" });
  const addressOf = (client: string | null | undefined) => {
    const request = new Request("http://a.b/", { headers: { "x-forwarded-for": "198.51.100.1" } });
    if (client !== undefined) rememberCaller(request, { node: "b", client });
    return parts.remoteAddressOf(request, { requestIP: () => ({ address: "10.0.0.2" }) });
  };
  expect(addressOf("192.0.2.7")).toBe("192.0.2.7");
  expect(addressOf("")).toBe("");
  expect(addressOf(null)).toBe("198.51.100.1");
  expect(addressOf(undefined)).toBe("198.51.100.1");
  await stop();
});
