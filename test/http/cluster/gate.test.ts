/** Which node of a cluster answers a request, and what nodes believe of each other. */
import { afterAll, expect, test } from "bun:test";
import type { NodeAddress } from "../../../src/http/cluster/forward.ts";
import { createClusterGate } from "../../../src/http/cluster/gate.ts";
import { callerOf } from "../../../src/http/cluster/node-caller.ts";
import { signaturesOf, startNode } from "./pair.ts";

const findLeader = (): NodeAddress => ({ node: "a", url: leader.url });
const leader = startNode("a", findLeader);
const follower = startNode("b", findLeader);
afterAll(async () => {
  await follower.stop();
  await leader.stop();
});

async function ask(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  return [response.status, await response.text()];
}

test("the leader answers what reaches a follower", async () => {
  expect(await ask(`${follower.url}/webhooks`)).toEqual([200, "answered by a"]);
  expect(await ask(`${leader.url}/webhooks`)).toEqual([200, "answered by a"]);
});

test("a follower takes events, and answers for its health, its metrics and to other nodes itself", async () => {
  expect(await ask(`${follower.url}/webhook/1`, { method: "POST" })).toEqual([200, "answered by b"]);
  for (const path of ["/metrics", "/cluster/v1/hello"]) {
    expect(await ask(`${follower.url}${path}`)).toEqual([200, "answered by b"]);
  }
  leader.lines.length = 0;
  for (const path of ["/livez", "/readyz", "/.well-known/healthcheck"]) {
    expect((await ask(`${follower.url}${path}`))[0]).toBe(200);
  }
  expect(leader.lines).toEqual([]);
});

test("both nodes log a forwarded request", async () => {
  for (const { lines } of [leader, follower]) lines.length = 0;
  await ask(`${follower.url}/webhooks?secret=1`);
  for (const { lines } of [leader, follower]) {
    expect(lines).toMatchObject([{ message: "request", fields: { path: "/webhooks", status: 200 } }]);
  }
});

test("headers of nodes that do not verify are refused with 403, except with events, where nobody reads them", async () => {
  const forged = { headers: { "x-webhooker-node": "b", "x-webhooker-node-client": "192.0.2.7" } };
  for (const { url } of [leader, follower]) {
    for (const path of ["/webhooks", "/livez", "/cluster/v1/hello", "/nothing"]) {
      const [status, text] = await ask(`${url}${path}`, forged);
      expect([status, String(text)]).toEqual([403, expect.stringContaining("node_not_verified")]);
    }
    expect((await ask(`${url}/webhook/1`, { method: "POST", ...forged }))[0]).toBe(200);
  }
});

test("a request is a node's once it is verified, and not before", async () => {
  const path = "/cluster/v1/hello";
  const headers = signaturesOf("b").sign({ method: "GET", path, client: null });
  const request = new Request(`http://a.b${path}`, { headers });
  expect(callerOf(request)).toBeNull();
  const { pass } = createClusterGate({
    signatures: signaturesOf("a"),
    isLeader: () => true,
    forwarder: leader.forwarder,
    clientOf: () => "",
  });
  await pass(request, () => new Response(), null);
  expect(callerOf(request)).toEqual({ node: "b", client: null });
});
