import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { createMetrics } from "../../src/observability/metrics.ts";
import { sealConfig } from "../../src/settings/sealed-config.ts";
import { ACCEPTED, type Provider, refused } from "../../src/verification/provider.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createTestProviders } from "../support/providers.ts";
import { ENTRYPOINT, type IngestServer, keys, startIngest } from "./ingest-server.ts";

const SECRET = "do-not-tell-this-secret";
const providers = createTestProviders();
const { counts, ...metrics } = createMetrics({ clock: createFakeClock() });

/** A provider that behaves as each test configures it. */
let scripted: Partial<ReturnType<Provider["prepare"]>> = {};
const scriptedProvider: Provider = {
  ...providers.get("github"),
  type: "scripted",
  handshakeMethods: ["GET"],
  prepare: () => ({
    verify: () => ACCEPTED,
    eventType: () => null,
    duplicateId: () => null,
    ...scripted,
  }),
};

let ingest: IngestServer;

beforeEach(() => {
  scripted = {};
  const get = (type: string) => (type === "scripted" ? scriptedProvider : providers.get(type));
  ingest = startIngest({ providers: { get }, metrics });
});
afterEach(() => ingest.stop());

function verifyWith(type: string, config: Record<string, unknown>, owner = ENTRYPOINT): void {
  const fields = type === "scripted" ? [] : providers.get(type).fields;
  const sealed = sealConfig({ type: { fields }, config, owner: `entrypoints:${owner}`, keys });
  ingest.setRoute({ verification: { type, config: sealed } });
}

function signed(body: string, secret = SECRET): RequestInit {
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  return { body, headers: { "x-hub-signature-256": `sha256=${signature}`, "x-github-event": "push" } };
}

describe("an entrypoint that verifies", () => {
  test("stores signed events byte for byte", async () => {
    verifyWith("github", { secret: SECRET });
    const answer = await ingest.post("/a?b=c", signed('{"n": 1}'));
    expect(answer.status).toBe(200);
    expect(new TextDecoder().decode(ingest.stored[0]?.body)).toBe('{"n": 1}');
  });

  test("refuses others with 401, stores nothing, counts them, and gives the sender no reason", async () => {
    verifyWith("github", { secret: SECRET });
    const before = counts.rejected.get("unverified") ?? 0;
    for (const init of [signed("a", "another"), { body: "a" }, { ...signed("a"), body: "b" }]) {
      const answer = await ingest.post("", init);
      const text = await answer.text();
      expect(answer.status).toBe(401);
      expect(text).toContain('"code":"verification_failed"');
      expect(text).toContain('"hint":');
      expect(answer.headers.get("www-authenticate")).toBeNull();
      expect(text).not.toMatch(/missing|signature is/);
    }
    expect(ingest.stored).toEqual([]);
    expect((counts.rejected.get("unverified") ?? 0) - before).toBe(3);
  });

  test("asks for a user name and a password if it uses Basic authentication", async () => {
    verifyWith("basic", { username: "shop", secret: SECRET });
    const asked = await ingest.post("", { body: "a" });
    expect(asked.status).toBe(401);
    expect(asked.headers.get("www-authenticate")).toBe('Basic realm="webhooker"');
    const authorization = `Basic ${btoa(`shop:${SECRET}`)}`;
    expect((await ingest.post("", { body: "a", headers: { authorization } })).status).toBe(200);
  });

  test("logs the reason once a minute with the number of refusals, and no secret", async () => {
    verifyWith("github", { secret: SECRET });
    for (let n = 0; n < 5; n++) await ingest.post("", { body: "a" });
    ingest.clock.advance(60_000);
    await ingest.post("", signed("a", "another"));
    const lines = ingest.lines.filter(({ level }) => level === "warn");
    expect(lines.map(({ fields }) => fields)).toEqual([
      expect.objectContaining({
        entrypoint_id: ENTRYPOINT,
        provider: "github",
        reason: "The header X-Hub-Signature-256 is missing.",
      }),
      expect.objectContaining({
        reason: "Signature mismatch. Check that this is the sender's signing secret.",
        refused_since_the_last_line: 4,
      }),
    ]);
    expect(JSON.stringify(ingest.lines)).not.toContain(SECRET);
  });

  test("responds 503 if its secrets cannot be decrypted, and logs it once", async () => {
    verifyWith("github", { secret: SECRET }, "another-entrypoint");
    for (const init of [signed("a"), { body: "a" }]) {
      const answer = await ingest.post("", init);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: { code: "verification_unavailable" } });
    }
    expect((await fetch(`${ingest.url}/webhook/${ENTRYPOINT}`)).status).toBe(503);
    expect(ingest.stored).toEqual([]);
    expect(ingest.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("responds 503 if its provider is unknown, or its settings do not fit the provider", async () => {
    for (const verification of [
      { type: "nobody", config: {} },
      { type: "github", config: {} },
      { type: "github" },
      {},
    ]) {
      ingest.setRoute({ verification });
      expect((await ingest.post("", signed("a"))).status).toBe(503);
    }
    expect(ingest.stored).toEqual([]);
  });

  test("decrypts its secrets once for all requests of a route", async () => {
    let prepared = 0;
    scripted = {};
    const { prepare } = scriptedProvider;
    const counting = {
      ...scriptedProvider,
      prepare(config: unknown) {
        prepared++;
        return prepare(config);
      },
    };
    const other = startIngest({ providers: { get: () => counting } });
    other.setRoute({ verification: { type: "scripted", config: {} } });
    for (let n = 0; n < 3; n++) expect((await other.post("", { body: "a" })).status).toBe(200);
    expect(prepared).toBe(1);
    await other.stop();
  });

  test("lets a provider read the called URL and the request, and take its time", async () => {
    const seen: unknown[] = [];
    scripted = {
      async verify({ url, query, body, receivedAt, remoteAddress, method }) {
        seen.push({ url, query, body: body.byteLength, receivedAt, remoteAddress, method });
        return refused("later");
      },
    };
    verifyWith("scripted", {});
    expect((await ingest.post("/x%2Fy?a=1&b=%20", { body: "four" })).status).toBe(401);
    expect(seen).toEqual([
      {
        url: `https://hooks.example/webhook/${ENTRYPOINT}/x%2Fy?a=1&b=%20`,
        query: "a=1&b=%20",
        body: 4,
        receivedAt: ingest.clock.now(),
        remoteAddress: "127.0.0.1",
        method: "POST",
      },
    ]);
  });
});

describe("a handshake", () => {
  const answer = { status: 200, contentType: "text/plain", body: "<script>echo</script>" };

  test("that is unsigned gets its response before verification, and stores no event", async () => {
    scripted = { verify: () => refused("never"), unsignedHandshake: () => answer };
    verifyWith("scripted", {});
    const before = counts.handshakes;
    for (const method of ["GET", "POST"]) {
      const response = await fetch(`${ingest.url}/webhook/${ENTRYPOINT}?q=1`, { method });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/plain");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await response.text()).toBe(answer.body);
    }
    expect(counts.handshakes - before).toBe(2);
    expect(ingest.stored).toEqual([]);
  });

  test("that is refused gives 401 and is logged like a refused event", async () => {
    scripted = { unsignedHandshake: () => refused("The verify token is another one.") };
    verifyWith("scripted", {});
    expect((await fetch(`${ingest.url}/webhook/${ENTRYPOINT}`)).status).toBe(401);
    expect(ingest.lines[0]?.fields).toMatchObject({ reason: "The verify token is another one." });
  });

  test("that is signed gets its response only after verification", async () => {
    scripted = { verify: () => refused("no"), signedHandshake: () => answer };
    verifyWith("scripted", {});
    expect((await ingest.post("", { body: "a" })).status).toBe(401);
    scripted = { signedHandshake: () => answer };
    verifyWith("scripted", {});
    expect(await (await ingest.post("", { body: "a" })).text()).toBe(answer.body);
    expect(ingest.stored).toEqual([]);
  });

  test("that brings a secret gets its response once the secret is stored, and is refused if it must not be stored", async () => {
    const order: string[] = [];
    const learning = startIngest({
      providers: { get: () => scriptedProvider },
      async keepLearned({ secret, type, entrypointId }) {
        await Promise.resolve();
        order.push(`${type} ${secret} ${entrypointId === ENTRYPOINT}`);
        return secret === "first";
      },
    });
    scripted = {
      unsignedHandshake: ({ headers }) => ({
        status: 200,
        contentType: "text/plain",
        body: "",
        headers: { "x-told": "yes" },
        learns: headers.get("x-secret") ?? "",
      }),
    };
    learning.setRoute({ verification: { type: "scripted", config: {} } });
    const first = await learning.post("", { headers: { "x-secret": "first" } });
    expect([first.status, first.headers.get("x-told")]).toEqual([200, "yes"]);
    const second = await learning.post("", { headers: { "x-secret": "second" } });
    expect([second.status, second.headers.get("x-told")]).toEqual([401, null]);
    expect(order).toEqual(["scripted first true", "scripted second true"]);
    expect(learning.stored).toEqual([]);
    await learning.stop();
  });

  test("that is signed may take its time", async () => {
    scripted = { signedHandshake: async () => answer };
    verifyWith("scripted", {});
    expect(await (await ingest.post("", { body: "a" })).text()).toBe(answer.body);
    scripted = { signedHandshake: async () => null };
    verifyWith("scripted", {});
    expect((await ingest.post("", { body: "a" })).headers.get("x-webhooker-event-id")).not.toBeNull();
  });

  test("by another method gives 405 if it is not a handshake, or the provider has none", async () => {
    verifyWith("scripted", {});
    expect((await fetch(`${ingest.url}/webhook/${ENTRYPOINT}`)).status).toBe(405);
    expect((await fetch(`${ingest.url}/webhook/${ENTRYPOINT}`, { method: "PUT" })).status).toBe(405);
    verifyWith("github", { secret: SECRET });
    expect((await fetch(`${ingest.url}/webhook/${ENTRYPOINT}`)).status).toBe(405);
  });
});
