/** The API on loopback over real files: two users, and a webhook of the first with an event and its deliveries. */
import { join } from "node:path";
import { Elysia } from "elysia";
import { createApi } from "../../src/api/create-api.ts";
import { createErrorAnswers, errorHandler } from "../../src/http/errors.ts";
import { createRulesReader } from "../../src/ingest/entrypoint-rules.ts";
import { createReverify } from "../../src/ingest/re-verify.ts";
import { createRemoteAddressReader } from "../../src/ingest/remote-address.ts";
import { createVerifierOpener } from "../../src/ingest/verifiers.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { newId } from "../../src/lib/ids.ts";
import { createReplay } from "../../src/replays/replay.ts";
import { createReplayRuns } from "../../src/replays/replay-runs.ts";
import type { EventDraft } from "../../src/storage/event-db/types.ts";
import { openEventStorage } from "../../src/storage/event-storage.ts";
import type { Background } from "../../src/storage/main-db/open.ts";
import { createReplayStore } from "../../src/storage/stores/replay-store.ts";
import { createVerificationTrials } from "../../src/webhooks/verification-trial.ts";
import { serve } from "./http-server.ts";
import { createRecordingLog } from "./recording-log.ts";
import { createTestThrottle } from "./throttle.ts";
import { createTestTransfer } from "./transfer.ts";
import { createTestUseCases } from "./use-cases.ts";

export const ADA_TOKEN = "whk_ada";
export const BOB_TOKEN = "whk_bob";

export type ApiAnswer = Readonly<{ status: number; headers: Headers; body: unknown; text: string }>;

type CallOptions = Readonly<{
  json?: unknown;
  /** Ada's, unless another, or null for none, is given. */
  token?: string | null;
  init?: RequestInit;
}>;

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;

export async function startTestApi(background?: Background) {
  const all = createTestUseCases(background);
  const { useCases, mainDb, clock } = all;
  const { log, lines } = createRecordingLog();
  const imported: string[] = [];
  const dataDir = join(all.directory, "events");
  const storage = openEventStorage({
    dataDir,
    maxOpen: 10,
    clock,
    onError: (message, error) => log.error(message, { error }),
  });
  const { events } = storage;
  const replayRuns = createReplayRuns({
    ...{ events, routing: mainDb.routing, clock, log, onDue: () => undefined, rest: async () => undefined },
    store: createReplayStore(storage),
  });
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  const trials = createVerificationTrials({
    ...{ mainDb, events, providers: all.providers, baseUrl: "https://hooks.example" },
    ...{ keys, rejected: storage.rejected },
  });
  const reverify = createReverify({
    ...{ routing: mainDb.routing, clock, store: storage.rejected, baseUrl: "https://hooks.example" },
    openVerifier: createVerifierOpener({ providers: all.providers, keys, log }),
    readRules: createRulesReader({ log }),
    keys,
  });
  const callers = new Map([
    [ADA_TOKEN, { userId: all.ada, apiKeyId: newId() }],
    [BOB_TOKEN, { userId: all.bob, apiKeyId: newId() }],
  ]);
  const app = new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(errorHandler(createErrorAnswers({ log })))
    .use(
      createApi({
        baseUrl: "https://hooks.example",
        version: "1.2.3",
        log,
        remoteAddressOf: createRemoteAddressReader([]),
        durably: mainDb.durably,
        useCases,
        sendTestNotice: async () => [{ channel: "email", error: null }],
        transfer: createTestTransfer(all, dataDir, (webhookId) => imported.push(webhookId)),
        targetTypes: all.targetTypes,
        providers: all.providers,
        trials,
        apiKeys: { authenticate: (token) => callers.get(token) ?? null },
        events,
        throttle: createTestThrottle(storage, clock),
        rejected: storage.rejected,
        reverify,
        replay: createReplay({
          events,
          routing: mainDb.routing,
          clock,
        }),
        replayRuns,
      }),
    );
  const server = serve(app);

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

  const webhook = await useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  const of = { userId: all.ada, webhookId: webhook.id };
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

  const event = await addEvent();
  await events.settle(webhook.id, {
    eventId: event.id,
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
    },
  });

  return {
    ...{ app, server, call, lines, clock, useCases, events, addEvent, mainDb, dataDir, imported },
    ...{ webhook, entrypoint, target, event, of, ada: all.ada, bob: all.bob, rejected: storage.rejected },
    /** A replay that waits for a paused target, which is its only one or one of several. */
    async beginReplay(to: "one" | "several" = "one"): Promise<string> {
      const input = { name: "Paused", type: "log", active: false };
      const { id: waiting } = await useCases.targets.create({ ...of, input });
      const asked = { webhookId: webhook.id, eventId: event.id, targetIds: [waiting], now: clock.now() };
      if (to === "several") await storage.events.replay(asked);
      const selection = { kind: "filter", filter: {} } as const;
      const targetId = to === "one" ? waiting : null;
      const order = { selection, targetId, onlyMissing: false, askedBy: all.ada };
      return (await replayRuns.begin(webhook.id, order)).id;
    },
    async stop() {
      await server.stop();
      await replayRuns.stop();
      await storage.close();
      all.dispose();
    },
  };
}
