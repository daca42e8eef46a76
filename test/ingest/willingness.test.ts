import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { entrypointSettingsSchema } from "../../src/settings/entrypoint-settings.ts";
import { ENTRYPOINT, type IngestServer, startIngest } from "./ingest-server.ts";

let ingest: IngestServer;

beforeEach(() => {
  ingest = startIngest({ trustedProxies: ["127.0.0.1"] });
});
afterEach(() => ingest.stop());

function ask(method: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${ingest.url}/webhook/${ENTRYPOINT}/tail?q=1`, { method, headers });
}

const allowing = (...methods: readonly string[]) => ({ settings: { methods } });

describe("HEAD and OPTIONS, if the entrypoint allows them", () => {
  test("get 200 without a body, and store no event", async () => {
    ingest.setRoute(allowing("POST", "HEAD", "OPTIONS"));
    for (const method of ["HEAD", "OPTIONS"]) {
      const answer = await ask(method);
      expect([answer.status, await answer.text()]).toEqual([200, ""]);
      expect(answer.headers.get("x-webhooker-event-id")).toBeNull();
    }
    expect(ingest.stored).toEqual([]);
  });

  test("get the same response from an entrypoint with verification, because nobody signs them", async () => {
    ingest.setRoute({
      ...allowing("POST", "HEAD"),
      verification: { type: "ip-allow-list", config: { networks: ["192.0.2.1"] } },
    });
    expect((await ask("HEAD")).status).toBe(200);
    expect((await ask("POST")).status).toBe(401);
  });

  test("are refused separately if only the other is allowed, with the allowed methods", async () => {
    for (const [allowed, other] of [
      ["HEAD", "OPTIONS"],
      ["OPTIONS", "HEAD"],
    ] as const) {
      ingest.setRoute(allowing("POST", allowed));
      const answer = await ask(other);
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, `POST, ${allowed}`]);
    }
    ingest.setRoute({ settings: null });
    const answer = await ask("HEAD");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("count toward the rate limit, and are accepted from allowed networks only", async () => {
    ingest.setRoute({
      settings: { methods: ["POST", "HEAD"], rate_limit: 1, allowed_networks: ["192.0.2.0/24"] },
    });
    const from = (address: string) => ask("HEAD", { "x-forwarded-for": address });
    expect([
      (await from("198.51.100.1")).status,
      (await from("192.0.2.1")).status,
      (await from("192.0.2.1")).status,
    ]).toEqual([403, 200, 429]);
  });

  test("use up nothing of the verified senders' limit, and neither do handshakes", async () => {
    const verification = { type: "ip-allow-list", config: { networks: ["127.0.0.1"] } };
    const settings = { methods: ["POST", "HEAD"], rate_limit: 1, question_from: "?challenge" };
    ingest.setRoute({ verification, settings });
    const url = `${ingest.url}/webhook/${ENTRYPOINT}?challenge=a`;
    for (const answer of [await ask("HEAD"), await fetch(url), await ask("HEAD"), await fetch(url)])
      expect(answer.status).toBe(200);
    const sent = await ask("POST");
    expect([sent.status, ingest.stored.length]).toEqual([200, 1]);
  });

  test("cannot be the only methods, because events need one", () => {
    for (const methods of [["HEAD"], ["OPTIONS", "HEAD"]]) {
      const { error } = entrypointSettingsSchema.safeParse({ methods });
      expect(error?.issues.map(({ path }) => path)).toEqual([["methods"]]);
    }
    expect(entrypointSettingsSchema.safeParse({ methods: ["GET", "HEAD"] }).success).toBe(true);
  });
});

describe("OPTIONS by CloudEvents' rules", () => {
  const asked = { "webhook-request-origin": "sender.example", "webhook-request-rate": "120" };

  test("echoes the requesting origin, and gives the rate limit as requests per minute", async () => {
    for (const [settings, rate] of [
      [{}, "*"],
      [{ rate_limit: 2 }, "120"],
      [{ rate_limit: 30, rate_limit_per: "minute" }, "30"],
    ] as const) {
      ingest.setRoute({ settings: { methods: ["POST", "OPTIONS"], ...settings } });
      const answer = await ask("OPTIONS", asked);
      expect(answer.headers.get("allow")).toBe("POST, OPTIONS");
      expect(answer.headers.get("webhook-allowed-origin")).toBe("sender.example");
      expect(answer.headers.get("webhook-allowed-rate")).toBe(rate);
    }
  });

  test("echoes nothing to HEAD, or if not asked", async () => {
    ingest.setRoute(allowing("POST", "HEAD", "OPTIONS"));
    for (const answer of [await ask("HEAD", asked), await ask("OPTIONS")])
      expect([...answer.headers.keys()].filter((name) => name.startsWith("webhook-"))).toEqual([]);
  });

  test("echoes host names only", async () => {
    ingest.setRoute(allowing("POST", "OPTIONS"));
    const name = /^[0-9a-z][0-9a-z.-]*$/i;
    const hostile = ["*", "https://a.example", "a b", "<script>", "a,b", ".", `${"a".repeat(300)}.example`];
    const text = fc.string({ unit: fc.constantFrom(...'az09.-*,;:/"<>() '), minLength: 1, maxLength: 30 });
    const cases = [...hostile, ...fc.sample(text, { numRuns: 60, seed: 7 })];
    let told = 0;
    for (const origin of cases) {
      const allowed = (await ask("OPTIONS", { "webhook-request-origin": origin })).headers.get(
        "webhook-allowed-origin",
      );
      if (allowed !== null) told++;
      expect([
        origin,
        allowed === null || (allowed === origin.trim() && name.test(allowed) && allowed.length <= 253),
      ]).toEqual([origin, true]);
    }
    for (const origin of hostile)
      expect(
        (await ask("OPTIONS", { "webhook-request-origin": origin })).headers.get("webhook-allowed-origin"),
      ).toBeNull();
    expect(told).toBeLessThan(cases.length);
  });

  test("allows nothing to a page of another origin", async () => {
    ingest.setRoute(allowing("POST", "OPTIONS"));
    const answer = await ask("OPTIONS", {
      ...asked,
      origin: "https://evil.example",
      "access-control-request-method": "POST",
    });
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});
