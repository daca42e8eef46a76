import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { newIdAt } from "../../src/lib/ids.ts";
import type { RejectedDraft } from "../../src/storage/event-db/rejected.ts";
import { createVerificationTrials } from "../../src/webhooks/verification-trial.ts";
import { createTestProviders } from "../support/providers.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

const encoder = new TextEncoder();
const NOTHING = { tried: 0, untried: 0, accepted: 0, refused: [] };
let api: TestApi;
let path: string;

beforeAll(async () => {
  api = await startTestApi();
  const made = await api.useCases.entrypoints.create({
    userId: api.webhook.userId,
    webhookId: api.webhook.id,
    input: { name: "Pushes" },
  });
  path = `/webhooks/${api.webhook.id}/entrypoints/${made.id}`;
});

afterAll(() => api.stop());

type Pairs = readonly (readonly [string, string])[];

/** A GitHub request one second later, signed with the key. */
function sent(body: string, key: string, more: Pairs) {
  const signature = `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
  const headers: Pairs = [["x-github-event", "push"], ["x-hub-signature-256", signature], ...more];
  const entrypointId = path.split("/").at(-1) ?? "";
  api.clock.advance(1_000);
  const receivedAt = api.clock.now();
  const id = newIdAt(receivedAt);
  return { id, entrypointId, receivedAt, body: encoder.encode(body), headers };
}

const receive = (body: string, key: string, more: Pairs = []) => api.addEvent(sent(body, key, more));

async function reject(body: string, key: string, more: Pairs = [], values: Partial<RejectedDraft> = {}) {
  const draft = {
    ...sent(body, key, more),
    method: "POST",
    pathTail: "",
    query: "",
    contentType: "",
    remoteAddress: "192.0.2.1",
    reason: "The signature is not right.",
    sealedSecret: null,
    ...values,
  };
  await api.rejected.keep(api.webhook.id, draft);
  return draft;
}

const tryOut = (verification: unknown) =>
  api.call("POST", `${path}/verification/test`, { json: { verification } });

describe("a trial of a verification", () => {
  test("without stored requests returns zeros", async () => {
    const none = await tryOut({ type: "github", config: { secret: "old" } });
    expect(none).toMatchObject({ status: 200, body: { ...NOTHING, rejected: NOTHING } });
  });

  test("counts how many of this entrypoint's events it would have accepted, with reasons for the others", async () => {
    await receive("1", "old");
    const second = await receive("2", "new");
    await receive("3", "old");
    await receive("4", "nobody", [["user-agent", "webhooker-test"]]);
    const tried = await tryOut({ type: "github", config: { secret: "old" } });
    expect(tried).toMatchObject({ status: 200, body: { tried: 3, accepted: 2 } });
    expect(tried.body).toMatchObject({
      refused: [{ event_id: second.id, reason: expect.stringContaining("Signature mismatch") }],
    });
    const both = await tryOut({ type: "github", config: { secret: "new", previous_secret: "old" } });
    expect(both.body).toEqual({ tried: 3, untried: 0, accepted: 3, refused: [], rejected: NOTHING });
    expect((await api.call("GET", path)).body).toMatchObject({ verification: null });
  });

  test("checks each request at its time of receipt", async () => {
    const config = {
      secret: "s",
      header: "X-Sig",
      template: "{timestamp}{body}",
      timestamp_header: "X-Time",
    };
    const at = api.clock.now() + 1_000;
    const signature = createHmac("sha256", "s").update(`${at}5`).digest("hex");
    await receive("5", "-", [
      ["x-time", String(at)],
      ["x-sig", signature],
    ]);
    api.clock.advance(3_600_000);
    const tried = await tryOut({ type: "hmac", config: { ...config, tolerance_seconds: 10 } });
    expect(tried.body).toMatchObject({ accepted: 1 });
  });

  test("uses stored secrets that are left out", async () => {
    await api.call("PATCH", path, { json: { verification: { type: "github", config: { secret: "new" } } } });
    expect((await tryOut({ type: "github" })).body).toMatchObject({ accepted: 1 });
    const rotated = await tryOut({ type: "github", config: { secret: "[secret]", previous_secret: "old" } });
    expect(rotated.body).toMatchObject({ accepted: 3 });
  });

  test("counts how many kept rejected requests it would accept, each at its time of receipt", async () => {
    const timed = { secret: "s", header: "X-Sig", template: "{timestamp}{body}" };
    const at = api.clock.now() + 1_000;
    const signature = createHmac("sha256", "s").update(`${at}7`).digest("hex");
    await reject("7", "-", [
      ["x-time", String(at)],
      ["x-sig", signature],
    ]);
    const forged = await reject("8", "nobody");
    await reject("9", "s", [], { entrypointId: api.entrypoint.id });
    api.clock.advance(3_600_000);
    const config = { ...timed, timestamp_header: "X-Time", tolerance_seconds: 10 };
    const tried = await tryOut({ type: "hmac", config });
    const refused = [
      {
        rejected_id: forged.id,
        received_at: new Date(forged.receivedAt).toISOString(),
        reason: expect.stringContaining("missing"),
      },
    ];
    expect(tried.body).toMatchObject({ rejected: { tried: 2, accepted: 1, refused } });
    expect(await api.rejected.listIds(api.webhook.id, null)).toHaveLength(3);
  });

  test("counts the events whose secret is not stored, unless something else verifies them", async () => {
    await receive("10", "new", [["authorization", "[secret]"]]);
    await receive("11", "-", [["authorization", "Bearer s"]]);
    await receive("12", "-");
    const bearer = await tryOut({ type: "bearer", config: { secret: "s" } });
    expect(bearer.body).toMatchObject({ untried: 1, accepted: 1 });
    expect(JSON.stringify(bearer.body)).not.toContain("[secret]");
    const github = await tryOut({ type: "github", config: { secret: "new" } });
    expect(github.body).toMatchObject({ untried: 0 });
  });

  test("checks only the newest fifty rejected requests", async () => {
    for (let n = 0; n < 51; n++) await reject(String(n), "late");
    const { body } = await tryOut({ type: "github", config: { secret: "late" } });
    expect(body).toMatchObject({ rejected: { tried: 50, accepted: 50, refused: [] } });
  });

  test("refuses an invalid verification, and other users' entrypoints", async () => {
    const wrong = await tryOut({ type: "stripe", config: {} });
    expect(wrong).toMatchObject({
      status: 422,
      body: { error: { details: [{ path: "verification.config.secret" }] } },
    });
    expect((await tryOut({ type: "nobody" })).status).toBe(422);
    expect((await tryOut(null)).status).toBe(422);
    const verification = { type: "github", config: { secret: "a" } };
    const stranger = { json: { verification }, token: BOB_TOKEN };
    expect((await api.call("POST", `${path}/verification/test`, stranger)).status).toBe(404);
  });
});

test("a provider is suggested that recognizes the last request", async () => {
  const trials = createVerificationTrials({
    mainDb: api.mainDb,
    events: api.events,
    rejected: api.rejected,
    providers: createTestProviders(),
    keys: createKeyRing(new Uint8Array(32).fill(1)),
    baseUrl: "https://hooks.example",
  });
  const { receivedAt, entrypointId } = await receive("6", "any");
  const of = { webhookId: api.webhook.id, entrypointId };
  expect((await trials.suggest({ ...of, lastEventAt: receivedAt }))?.type).toBe("github");
  const other = await api.addEvent({ id: newIdAt(api.clock.now()) });
  const ofOther = { webhookId: api.webhook.id, entrypointId: other.entrypointId };
  expect(await trials.suggest({ ...ofOther, lastEventAt: other.receivedAt })).toBeNull();
});
