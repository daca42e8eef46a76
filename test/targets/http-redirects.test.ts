import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Signer } from "../../src/targets/signing.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { failed } from "./contract.ts";
import { attemptOf, event, startTargetBench } from "./target-bench.ts";

const signer: Signer = {
  headers: ({ id }) => [
    ["webhook-id", id],
    ["webhook-timestamp", "1"],
    ["webhook-signature", "v1,signed"],
  ],
};
const SECRETS = ["authorization", "x-key", "cookie", "webhook-signature", "webhook-id"];

let bench: Awaited<ReturnType<typeof startTargetBench>>;
let other: Receiver;
beforeEach(async () => {
  bench = await startTargetBench("http");
  other = await startReceiver();
});
afterEach(async () => {
  await bench.stop();
  await other.close();
});

function deliver(changes: Parameters<typeof attemptOf>[1] = {}, config: Record<string, unknown> = {}) {
  const headers = [
    ["content-type", "application/json"],
    ["Cookie", "theirs"],
  ] as const;
  const whole = {
    url: `${bench.receiver.url}/hooks`,
    headers: { Authorization: "Bearer hunter2", "X-Key": "xyzzy" },
    follow_redirects: true,
    ...config,
  };
  return bench.type.deliver(attemptOf(whole, { signer, event: { ...event, headers }, ...changes }));
}

const to = (location: string, status = 307) => ({ status, headers: { location } });

describe("a followed redirect", () => {
  test("within the origin gets method, body, headers and signature", async () => {
    bench.receiver.answerWith(({ path }) => (path === "/hooks" ? to("/moved") : { status: 204 }));
    expect((await deliver()).kind).toBe("delivered");
    const [, moved] = bench.receiver.requests;
    expect([moved?.method, moved?.path, moved?.body]).toEqual(["POST", "/moved", event.body]);
    expect(SECRETS.map((name) => moved?.header(name))).toEqual([
      "Bearer hunter2",
      "xyzzy",
      "theirs",
      "v1,signed",
      event.id,
    ]);
  });

  test("to another origin gets the event, but nothing configured, signed or secret", async () => {
    bench.receiver.answerWith(to(`${other.url}/else`, 308));
    expect((await deliver()).kind).toBe("delivered");
    const [request] = other.requests;
    expect([request?.method, request?.path, request?.body]).toEqual(["POST", "/else", event.body]);
    expect(SECRETS.map((name) => request?.header(name))).toEqual(SECRETS.map(() => undefined));
    expect(request?.header("content-type")).toBe("application/json");
    expect(request?.header("x-webhooker-event-id")).toBe(event.id);
    expect(request?.header("host")).toBe(`127.0.0.1:${other.port}`);
  });

  test("to a third location within the other origin gets no secret there either", async () => {
    bench.receiver.answerWith(to(`${other.url}/first`));
    other.answerWith(({ path }) => (path === "/first" ? to("/second") : { status: 204 }));
    expect((await deliver()).kind).toBe("delivered");
    const second = other.requests[1];
    expect([second?.path, ...SECRETS.map((name) => second?.header(name))]).toEqual([
      "/second",
      ...SECRETS.map(() => undefined),
    ]);
  });

  test("back from another origin gets no secret", async () => {
    bench.receiver.answerWith(({ path }) => (path === "/hooks" ? to(`${other.url}/`) : { status: 204 }));
    other.answerWith(to(`${bench.receiver.url}/back`));
    expect((await deliver()).kind).toBe("delivered");
    const back = bench.receiver.requests[1];
    expect([back?.path, back?.header("authorization"), back?.header("webhook-signature")]).toEqual([
      "/back",
      undefined,
      undefined,
    ]);
  });

  test("is checked like the first address: a forbidden one is not connected to", async () => {
    for (const location of ["http://169.254.169.254/latest/", "http://10.0.0.1/", "http://[::1]:1/"]) {
      bench.receiver.answerWith(to(location));
      const { error } = failed(await deliver());
      expect(error).toStartWith("after a redirect: address ");
      expect(error).toContain("ALLOWED_TARGET_CIDRS");
    }
  });

  test("without end stops after five", async () => {
    bench.receiver.answerWith(to("/again"));
    const outcome = failed(await deliver());
    expect(outcome.error).toBe("HTTP 307: more than 5 redirects");
    expect(outcome.response?.statusCode).toBe(307);
    expect(bench.receiver.requests).toHaveLength(6);
  });

  test("that would lose the body is a failure, not a delivery", async () => {
    bench.receiver.answerWith(({ path }) => (path === "/hooks" ? to("/form", 302) : { status: 200 }));
    expect(failed(await deliver()).error).toContain("only 307 and 308 are followed");
    expect(bench.receiver.requests).toHaveLength(1);
  });

  test("shares one attempt's time with all others", async () => {
    bench.receiver.answerWith(({ path }) => (path === "/hooks" ? to("/slow") : { hang: true }));
    const outcome = failed(await deliver({ timeoutMs: 1 }));
    expect(outcome.error).toMatch(/no response within/);
  });
});

test("no redirect is followed unless that is enabled", async () => {
  bench.receiver.answerWith(to(`${other.url}/else`));
  const outcome = failed(await deliver({}, { follow_redirects: false }));
  expect(outcome.error).toBe("HTTP 307: redirects are not followed");
  expect(other.connections()).toBe(0);
});
