/** A gateway with two users, a webhook of the first with an event and its delivery, and calls of its API. */
import { spyOn } from "bun:test";
import { API_PREFIX } from "../../src/api/operation.ts";
import { hashToken } from "../../src/lib/crypto.ts";
import { newId } from "../../src/lib/ids.ts";
import type { Overrides } from "../../src/server/overrides.ts";
import type { EventDraft } from "../../src/storage/event-db/types.ts";
import { startTestApp } from "./test-app.ts";

export const ADA_TOKEN = "whk_ada";
export const BOB_TOKEN = "whk_bob";

export type ApiAnswer = Readonly<{ status: number; headers: Headers; body: unknown; text: string }>;

type CallOptions = Readonly<{
  json?: unknown;
  /** By default Ada's; null sends none. */
  token?: string | null;
  init?: RequestInit;
}>;

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;

export async function startTestApi(overrides: Overrides = {}) {
  const gateway = await startTestApp({}, overrides);
  const { app, parts, server, clock, lines, config } = gateway;
  const { mainDb, useCases, storage } = parts;
  const { events, rejected } = storage;
  const { replayRuns } = parts.delivery;
  const imported = spyOn(parts.delivery, "imported");
  const [ada, bob] = [await gateway.addUser("ada"), await gateway.addUser("bob")];
  function addKey(userId: string, token: string): void {
    mainDb.apiKeys.insert({
      id: newId(),
      userId,
      name: "Tests",
      prefix: token,
      tokenHash: hashToken(token),
      createdAt: clock.now(),
      lastUsedAt: null,
      lastUsedFrom: null,
      revokedAt: null,
      scopes: null,
      webhookIds: null,
      expiresAt: null,
    });
  }
  addKey(ada, ADA_TOKEN);
  addKey(bob, BOB_TOKEN);

  async function call(method: string, path: string, options: CallOptions = {}): Promise<ApiAnswer> {
    const { json, token = ADA_TOKEN, init } = options;
    const headers = new Headers(init?.headers);
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    if (json !== undefined) headers.set("content-type", "application/json");
    const response = await fetch(`${server.url}/api/v1${path}`, {
      ...init,
      method,
      headers,
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    const body: unknown = isJson && text !== "" ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body, text };
  }

  const webhook = await useCases.webhooks.create({ userId: ada, input: { name: "Shop" } });
  const of = { userId: ada, webhookId: webhook.id };
  const entrypoint = await useCases.entrypoints.create({ ...of, input: { name: "Orders" } });
  const target = await useCases.targets.create({ ...of, input: { name: "Warehouse", type: "log" } });

  /** Stores an event that is due for the target. */
  async function addEvent(values: Partial<EventDraft> = {}): Promise<EventDraft> {
    const draft: EventDraft = {
      id: newId(),
      webhookId: webhook.id,
      entrypointId: entrypoint.id,
      receivedAt: clock.now(),
      method: "POST",
      pathTail: "/orders",
      query: "a=1",
      headers: [
        ["content-type", "application/json"],
        ["x-sender", "shop"],
      ],
      contentType: "application/json",
      remoteAddress: "192.0.2.1",
      type: null,
      body: new TextEncoder().encode('{"n":1}'),
      targets: [{ id: target.id, settlesAtIngest: false }],
      ...values,
    };
    await events.append(draft);
    return draft;
  }

  /** The event's first attempt: it fails, and is retried in a minute. */
  const failOnce = (eventId: string) =>
    events.settle(webhook.id, {
      eventId,
      targetId: target.id,
      replays: 0,
      status: "pending",
      nextAttemptAt: clock.now() + 60_000,
      reason: null,
      result: {
        id: newId(),
        attempt: 1,
        startedAt: clock.now(),
        durationMs: 12,
        statusCode: 500,
        error: "The target answered 500.",
        responseHeaders: [["content-type", "text/plain"]],
        responseBody: new TextEncoder().encode("no"),
        responseBodyTruncated: false,
        transformationVersion: null,
        transformationFailed: false,
      },
    });

  const event = await addEvent();
  await failOnce(event.id);

  return {
    app,
    parts,
    server,
    call,
    notices: parts.delivery.notices,
    lines,
    clock,
    useCases,
    events,
    addEvent,
    addUser: gateway.addUser,
    cookieOf: gateway.cookieOf,
    addKey,
    failOnce,
    mainDb,
    dataDir: config.dataDir,
    /** The API's routes, without the prefix of their paths. */
    routes: app.routes
      .filter(({ path }) => path.startsWith(API_PREFIX))
      .map(({ method, path }) => ({ method, path: path.slice(API_PREFIX.length) })),
    /** Ids of the webhooks that were imported and may be delivered. */
    imported: () => imported.mock.calls.map(([webhookId]) => webhookId),
    webhook,
    entrypoint,
    target,
    event,
    of,
    ada,
    bob,
    rejected,
    /** Begins a replay that waits for a paused target, its only one or one of several, and returns its id. */
    async beginReplay(to: "one" | "several" = "one"): Promise<string> {
      const input = { name: "Paused", type: "log", active: false };
      const { id: waiting } = await useCases.targets.create({ ...of, input });
      const asked = { webhookId: webhook.id, eventId: event.id, targetIds: [waiting], now: clock.now() };
      if (to === "several") await events.replay(asked);
      const selection = { kind: "filter", filter: {} } as const;
      const targetId = to === "one" ? waiting : null;
      const order = { selection, targetId, onlyMissing: false, askedBy: ada };
      return (await replayRuns.begin(webhook.id, order)).id;
    },
    stop: gateway.stop,
  };
}
