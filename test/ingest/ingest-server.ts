/** Serves the ingestion routes on loopback, with entrypoints in memory and a store that records events. */
import { Elysia } from "elysia";
import { createErrorAnswers, errorHandler } from "../../src/http/errors.ts";
import type { BodyRoom } from "../../src/ingest/body-memory.ts";
import { createDoor } from "../../src/ingest/door.ts";
import { createRulesReader } from "../../src/ingest/entrypoint-rules.ts";
import { createRejectedKeeper } from "../../src/ingest/keep-rejected.ts";
import { createReceiver } from "../../src/ingest/receive.ts";
import { createRefusalLog } from "../../src/ingest/refusal-log.ts";
import { createIngestRoutes } from "../../src/ingest/routes.ts";
import { createVerifierOpener } from "../../src/ingest/verifiers.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { newId } from "../../src/lib/ids.ts";
import type { IngestMetrics } from "../../src/observability/metrics.ts";
import type { EventDraft } from "../../src/storage/event-db/types.ts";
import type { Route } from "../../src/storage/main-db/routing.ts";
import type { EventStore } from "../../src/storage/stores/event-store.ts";
import type { RejectedStore } from "../../src/storage/stores/rejected-store.ts";
import type { Providers } from "../../src/verification/registry.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { serve, type TestServer } from "../support/http-server.ts";
import { createTestProviders } from "../support/providers.ts";
import { createRecordingLog, type LogLine } from "../support/recording-log.ts";

export const ENTRYPOINT = "3f1d8f60-5d0c-4f4e-9a55-0a3b8f6a2c11";

export const BASE_URL = "https://hooks.example";

/** The key ring with which `startIngest` decrypts secrets. */
export const keys = createKeyRing(new Uint8Array(32).fill(1));

export type IngestServer = TestServer &
  Readonly<{
    clock: FakeClock;
    stored: EventDraft[];
    lines: LogLine[];
    /** Number of bodies refused for their size. */
    tooLarge: () => number;
    /** Returns the result of storing an event; throws to refuse it. */
    onAppend: (append: (draft: EventDraft) => Promise<void>) => void;
    /** Null deletes it. */
    setRoute: (route: Partial<Route> | null) => void;
    /** Sends a POST to the entrypoint, with this text after its id. */
    post: (tail: string, init?: RequestInit) => Promise<Response>;
  }>;

export function startIngest(
  options: {
    maxBodyBytes?: number;
    bodyRoom?: BodyRoom;
    trustedProxies?: readonly string[];
    providers?: Pick<Providers, "get">;
    metrics?: IngestMetrics;
    /** Replaces the store in memory. */
    events?: Pick<EventStore, "append" | "appendOnce">;
    rejected?: Pick<RejectedStore, "keep">;
    keepLearned?: Parameters<typeof createReceiver>[0]["keepLearned"];
  } = {},
): IngestServer {
  const clock = createFakeClock();
  const { log, lines } = createRecordingLog();
  const stored: EventDraft[] = [];
  const firstByKey = new Map<string, string>();
  const routes = new Map([[ENTRYPOINT, route(ENTRYPOINT)]]);
  const readRules = createRulesReader({ log });
  const door = createDoor({ clock });
  let tooLarge = 0;
  let append: (draft: EventDraft) => Promise<void> = async () => undefined;
  const app = new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(errorHandler(createErrorAnswers({ log })))
    .use(
      createIngestRoutes({
        ...{ clock, readRules, door },
        receiver: createReceiver({
          ...{ clock, readRules, door },
          baseUrl: BASE_URL,
          openVerifier: createVerifierOpener({
            providers: options.providers ?? createTestProviders(),
            keys,
            log,
          }),
          keepLearned: options.keepLearned ?? (async () => false),
          refusals: createRefusalLog({ log, clock }),
          rejectedKeeper: createRejectedKeeper({
            store: options.rejected ?? { keep: async () => undefined },
            ...{ keys, clock },
          }),
          routing: { findRoute: (id) => routes.get(id) ?? null },
          events: options.events ?? {
            async append(draft) {
              await append(draft);
              stored.push(draft);
              return { eventId: draft.id, isDuplicate: false };
            },
            async appendOnce(draft, { key }) {
              const first = firstByKey.get(key);
              if (first !== undefined) return { eventId: first, isDuplicate: true };
              firstByKey.set(key, draft.id);
              stored.push(draft);
              return { eventId: draft.id, isDuplicate: false };
            },
          },
        }),
        maxBodyBytes: options.maxBodyBytes ?? 1_000_000,
        ...(options.bodyRoom && { bodyRoom: options.bodyRoom }),
        trustedProxies: options.trustedProxies ?? [],
        onTooLarge: () => tooLarge++,
        ...(options.metrics && { metrics: options.metrics }),
      }),
    );
  const server = serve(app);
  return {
    ...server,
    ...{ clock, stored, lines, tooLarge: () => tooLarge },
    onAppend(next) {
      append = next;
    },
    setRoute(change) {
      if (change) routes.set(ENTRYPOINT, { ...(routes.get(ENTRYPOINT) ?? route(ENTRYPOINT)), ...change });
      else routes.delete(ENTRYPOINT);
    },
    post: (tail, init) => fetch(`${server.url}/webhook/${ENTRYPOINT}${tail}`, { ...init, method: "POST" }),
  };
}

function route(entrypointId: string): Route {
  const targets = [{ id: newId(), settlesAtIngest: false }];
  return { entrypointId, active: true, webhookId: newId(), verification: null, settings: null, targets };
}

/** A chunked body without a Content-Length. */
export function chunked(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}
