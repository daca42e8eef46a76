/** Requests to the OpenID Connect provider have limits, and none is decompressed or redirected. */
import { expect, test } from "bun:test";
import { createProviderFetch, ProviderUnreachable } from "../../../src/auth/oidc/provider-fetch.ts";
import type { OutboundRequest, OutboundResult } from "../../../src/outbound/outbound.ts";
import { neverAborted } from "../../support/outbound.ts";

const response = (part: { statusCode?: number; body?: string; bodyTruncated?: boolean }): OutboundResult => ({
  kind: "response",
  response: {
    statusCode: part.statusCode ?? 200,
    headers: [["content-type", "application/json"]],
    body: new TextEncoder().encode(part.body ?? "{}"),
    bodyTruncated: part.bodyTruncated ?? false,
  },
});

function fetchFrom(result: OutboundResult) {
  const asked: OutboundRequest[] = [];
  const request = async (given: OutboundRequest) => {
    asked.push(given);
    return result;
  };
  const fetch = createProviderFetch({ outbound: { request }, stopping: neverAborted });
  const get = () =>
    fetch("https://sso.example.com/x", {
      method: "GET",
      headers: { accept: "*/*" },
      body: undefined,
      redirect: "manual",
    });
  return { get, asked };
}

test("a request has five seconds and 128 KiB", async () => {
  const { get, asked } = fetchFrom(response({ body: '{"a":1}' }));
  const answer = await get();
  expect([answer.status, await answer.json()]).toEqual([200, { a: 1 }]);
  expect(asked[0]).toMatchObject({
    timeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    maxResponseBytes: 131_072,
    headers: [
      ["accept", "*/*"],
      ["accept-encoding", "identity"],
    ],
  });
});

test.each([
  ["that failed", { kind: "failed", code: "timeout", message: "no response", retryable: true }],
  ["that was cut short", response({ bodyTruncated: true })],
  ["with a status of the server's fault", response({ statusCode: 502 })],
] satisfies [string, OutboundResult][])("a response %s is none", async (_what, result) => {
  await expect(fetchFrom(result).get()).rejects.toBeInstanceOf(ProviderUnreachable);
});

test("a redirect is not followed, and a response without a body has none", async () => {
  const [redirected, empty] = [
    fetchFrom(response({ statusCode: 302 })),
    fetchFrom(response({ statusCode: 204 })),
  ];
  expect([(await redirected.get()).status, redirected.asked.length]).toEqual([302, 1]);
  expect(await (await empty.get()).text()).toBe("");
});
