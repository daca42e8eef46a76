/** The pages of events on loopback, over real use cases and event files; whoever a request names is signed in. */
import { join } from "node:path";
import { Elysia } from "elysia";
import { createAssetRoutes } from "../../src/dashboard/assets/assets.ts";
import type { EventsDeps } from "../../src/dashboard/events/deps.ts";
import { createEventsRoutes } from "../../src/dashboard/events/routes.ts";
import { createFlashCookie } from "../../src/dashboard/flash.ts";
import { readForm } from "../../src/dashboard/forms.ts";
import type { PageRoute } from "../../src/dashboard/page-route.ts";
import { createReplaysRoutes } from "../../src/dashboard/replays/routes.ts";
import type { Viewer } from "../../src/dashboard/viewer.ts";
import { createErrorAnswers, errorHandler } from "../../src/http/errors.ts";
import { queryOf } from "../../src/http/request-url.ts";
import { addSecurityHeaders } from "../../src/http/security-headers.ts";
import { newId } from "../../src/lib/ids.ts";
import { createReplay } from "../../src/replays/replay.ts";
import { createReplayRuns } from "../../src/replays/replay-runs.ts";
import type { FoundEvents } from "../../src/storage/event-db/event-search.ts";
import type { EventDraft, Settlement } from "../../src/storage/event-db/types.ts";
import { openEventStorage } from "../../src/storage/event-storage.ts";
import { createReplayStore } from "../../src/storage/stores/replay-store.ts";
import { serve } from "./http-server.ts";
import { createRecordingLog } from "./recording-log.ts";
import { createTestUseCases } from "./use-cases.ts";

/** Requests without the header are Ada's, who has the webhook. */
const VIEWER_HEADER = "x-test-viewer";

export type TestEvents = Awaited<ReturnType<typeof startTestEvents>>;

export async function startTestEvents() {
  const all = createTestUseCases();
  const { useCases, mainDb, clock } = all;
  const { log, lines } = createRecordingLog();
  const storage = openEventStorage({
    dataDir: join(all.directory, "events"),
    maxOpen: 10,
    clock,
    onError: (message, error) => log.error(message, { error }),
  });
  const { files, events: store } = storage;
  const stopping = new AbortController();
  const signedOut = new Set<string>();
  let early: Partial<FoundEvents> = {};
  const deps: EventsDeps = {
    ...{ clock, useCases, routing: mainDb.routing, stopping: stopping.signal },
    config: { baseUrl: "https://hooks.example" },
    events: {
      ...store,
      async searchEvents(webhookId, search) {
        const found = await store.searchEvents(webhookId, search);
        return { ...found, ...early };
      },
    },
    rejected: storage.rejected,
    replay: createReplay({ events: store, routing: mainDb.routing, clock }),
  };
  const viewers: readonly Viewer[] = [
    { id: all.ada, username: "ada", role: "user" },
    { id: all.bob, username: "bob", role: "user" },
  ];
  const replayRuns = createReplayRuns({
    ...{ events: store, routing: mainDb.routing, clock, log, onDue: () => undefined },
    rest: () => new Promise((resolve) => setImmediate(resolve)),
    store: createReplayStore(storage),
  });
  const routes = [...createEventsRoutes(deps), ...createReplaysRoutes({ ...deps, replayRuns })];
  const app = new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(errorHandler(createErrorAnswers({ log })))
    .use(createAssetRoutes());
  for (const route of routes) {
    app.route(route.method, route.path, ({ request, params }) => answer(route, request, params), {
      parse: "none",
    });
  }
  const server = serve(app);
  const flashes = createFlashCookie({
    config: { baseUrl: "http://localhost:8080" },
    clock: clock,
    sessionKey: new Uint8Array(32).fill(3),
  });

  async function answer(route: PageRoute, request: Request, params: Record<string, string>) {
    if (route.access === "anyone") throw new Error("no page of events is open to anyone");
    const id = request.headers.get(VIEWER_HEADER) ?? all.ada;
    const [ada] = viewers;
    const viewer = viewers.find((each) => each.id === id) ?? ada;
    if (viewer === undefined) throw new Error("there is no viewer");
    const flash = await flashes.read(request);
    const response = await route.run({
      ...{ request, params, flash, viewer },
      query: queryOf(request.url),
      remoteAddress: "192.0.2.7",
      sessionId: "session",
      isStillSignedIn: () => !signedOut.has(viewer.id),
      keepOpen: () => undefined,
      form: () => readForm(request),
    });
    addSecurityHeaders(response.headers, request, { baseUrl: "http://localhost" });
    if (flash) response.headers.append("set-cookie", flashes.clear());
    await flashes.send(response);
    return response;
  }

  const webhook = await useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  const of = { userId: all.ada, webhookId: webhook.id };
  const entrypoint = await useCases.entrypoints.create({ ...of, input: { name: "Orders" } });
  const target = await useCases.targets.create({ ...of, input: { name: "Warehouse", type: "log" } });

  return {
    ...{ useCases, mainDb, clock, lines, store, replayRuns, files, webhook, entrypoint, target, of },
    ...{
      ada: all.ada,
      bob: all.bob,
      eventFiles: join(all.directory, "events"),
      url: server.url,
      path: `/source/${webhook.id}`,
    },
    ask(
      path: string,
      options: { as?: string; form?: Record<string, string>; headers?: Record<string, string> } = {},
    ) {
      const headers = new Headers(options.headers);
      if (options.as !== undefined) headers.set(VIEWER_HEADER, options.as);
      return fetch(server.url + path, {
        redirect: "manual",
        headers,
        ...(options.form && { method: "POST", body: new URLSearchParams(options.form) }),
      });
    },
    /** Stores an event that is due for the target. */
    async addEvent(values: Partial<Omit<EventDraft, "body">> & { body?: string | Uint8Array } = {}) {
      const { body = '{"n":1}', ...rest } = values;
      const draft: EventDraft = {
        // Ids and receive times are of one clock.
        id: Bun.randomUUIDv7("hex", values.receivedAt ?? clock.now()),
        ...{ webhookId: webhook.id, entrypointId: entrypoint.id, receivedAt: clock.now() },
        ...{ method: "POST", pathTail: "/orders", query: "a=1", remoteAddress: "192.0.2.1" },
        type: null,
        headers: [
          ["content-type", "application/json"],
          ["x-sender", "shop"],
        ],
        contentType: "application/json",
        targets: [{ id: target.id, settlesAtIngest: false }],
        ...rest,
        body: typeof body === "string" ? new TextEncoder().encode(body) : body,
      };
      await store.append(draft);
      return draft;
    },
    /** Stores an attempt; by default one that the target refused, with another due in a minute. */
    async addAttempt(
      eventId: string,
      values: Partial<Omit<Settlement, "result">> & { result?: Partial<Settlement["result"]> } = {},
    ) {
      const { result, ...rest } = values;
      await store.settle(webhook.id, {
        ...{ eventId, targetId: target.id, replays: 0, status: "pending", reason: null },
        nextAttemptAt: clock.now() + 60_000,
        ...rest,
        result: {
          ...{ id: newId(), attempt: 1, startedAt: clock.now(), durationMs: 12, statusCode: 500 },
          error: "The target answered 500.",
          responseHeaders: [["content-type", "text/plain"]],
          responseBody: new TextEncoder().encode("no"),
          responseBodyTruncated: false,
          ...result,
        },
      });
    },
    signOut: (viewerId: string) => signedOut.add(viewerId),
    beginStop: () => stopping.abort(),
    /** From now on every search says that it gave up there. */
    stopSearchesAt(event: EventDraft) {
      early = { stoppedEarly: true, nextCursor: event.id, searchedBackTo: event.receivedAt };
    },
    async stop() {
      stopping.abort();
      await server.stop();
      await replayRuns.stop();
      await storage.close();
      all.dispose();
    },
  };
}
