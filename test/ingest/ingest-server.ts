/** Serves the ingestion routes on loopback, with entrypoints in memory and a store that records events. */
import { Elysia } from "elysia";
import { createErrorAnswers, errorHandler } from "../../src/http/errors.ts";
import type { BodyRoom } from "../../src/ingest/body-memory.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { newId } from "../../src/lib/ids.ts";
import { type IngestMetrics, noMetrics } from "../../src/observability/metrics.ts";
import { createIngestParts } from "../../src/server/ingest.ts";
import type { EventDraft } from "../../src/storage/event-db/types.ts";
import type { Route } from "../../src/storage/main-db/routing.ts";
import type { RejectedStore } from "../../src/storage/stores/rejected-store.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { serve, type TestServer } from "../support/http-server.ts";
import { createTestProviders } from "../support/providers.ts";
import { createRecordingLog, type LogLine } from "../support/recording-log.ts";

type IngestDeps = Parameters<typeof createIngestParts>[0];

export const BASE_URL = "https://hooks.example";

export const ENTRYPOINT = "3f1d8f60-5d0c-4f4e-9a55-0a3b8f6a2c11";

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
    /** By the fake clock; by default one turn of the event loop. */
    trailersMs?: number;
    trustedProxies?: readonly string[];
    providers?: IngestDeps["providers"];
    metrics?: IngestMetrics;
    /** Replaces the store in memory. */
    events?: IngestDeps["events"];
    rejected?: Pick<RejectedStore, "keep">;
    keepLearned?: IngestDeps["keepLearned"];
    catchUp?: IngestDeps["catchUp"];
  } = {},
): IngestServer {
  const stored: EventDraft[] = [];
  const firstByKey = new Map<string, string>();
  const routes = new Map([[ENTRYPOINT, route(ENTRYPOINT)]]);
  let append: (draft: EventDraft) => Promise<void> = async () => undefined;
  const inMemory: IngestDeps["events"] = {
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
  };
  const clock = createFakeClock();
  const { log, lines } = createRecordingLog();
  const unused = () => Promise.reject(new Error("nothing is re-verified here"));
  const ingest = createIngestParts({
    events: options.events ?? inMemory,
    rejected: {
      keep: async () => undefined,
      find: unused,
      listIds: unused,
      accept: unused,
      setReasons: unused,
      ...options.rejected,
    },
    routing: { findRoute: (id) => routes.get(id) ?? null, findPublishRoute: () => null },
    providers: options.providers ?? createTestProviders(),
    keys,
    catchUp: options.catchUp,
    keepLearned: options.keepLearned ?? (async () => false),
    config: {
      baseUrl: BASE_URL,
      maxBodyBytes: options.maxBodyBytes ?? 1_000_000,
      trustedProxies: options.trustedProxies ?? [],
    },
    refusals: { refused: () => undefined, accepted: () => undefined },
    trailersMs: options.trailersMs ?? 0,
    clock,
    log,
    metrics: options.metrics ?? noMetrics,
    tracing: undefined,
    onKept: () => undefined,
    ...(options.bodyRoom && { bodyRoom: options.bodyRoom }),
  });
  const app = new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(errorHandler(createErrorAnswers({ log })))
    .use(ingest.routes);
  const { url, port, stop } = serve(app);
  const isTooLarge = ({ message }: LogLine) => message.includes("MAX_BODY_BYTES");
  return {
    url,
    port,
    stop,
    clock,
    stored,
    lines,
    tooLarge: () => lines.filter(isTooLarge).length,
    onAppend(next) {
      append = next;
    },
    setRoute(change) {
      if (change) routes.set(ENTRYPOINT, { ...(routes.get(ENTRYPOINT) ?? route(ENTRYPOINT)), ...change });
      else routes.delete(ENTRYPOINT);
    },
    post: (tail, init) => fetch(`${url}/webhook/${ENTRYPOINT}${tail}`, { ...init, method: "POST" }),
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
