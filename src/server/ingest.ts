/** Builds the parts that take requests in, keep those that fail verification, and verify them again. */
import type { Config } from "../config.ts";
import type { BodyRoom } from "../ingest/body-memory.ts";
import { createDoor } from "../ingest/door.ts";
import { createRulesReader } from "../ingest/entrypoint-rules.ts";
import { createRejectedKeeper } from "../ingest/keep-rejected.ts";
import { createRefusalNoter } from "../ingest/note-refusal.ts";
import { createPublisher } from "../ingest/publish/publisher.ts";
import { createReverify } from "../ingest/re-verify.ts";
import { createReceiver } from "../ingest/receive.ts";
import { createRefusalLog } from "../ingest/refusal-log.ts";
import type { RefusalTally } from "../ingest/refusal-tally.ts";
import { createIngestRoutes } from "../ingest/routes.ts";
import { createTargetChooser } from "../ingest/target-chooser.ts";
import { createVerifierOpener } from "../ingest/verifiers.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { IngestMetrics } from "../observability/metrics.ts";
import type { Tracing } from "../observability/tracing.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { CatchUp } from "../storage/cluster/catch-up.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { RejectedStore } from "../storage/stores/rejected-store.ts";
import type { Providers } from "../verification/registry.ts";
import type { KeepLearned } from "../webhooks/learned-secrets.ts";

export type IngestParts = ReturnType<typeof createIngestParts>;

export function createIngestParts(deps: {
  events: Pick<EventStore, "append" | "appendOnce">;
  refusals: Pick<RefusalTally, "refused" | "accepted">;
  rejected: Pick<RejectedStore, "keep" | "find" | "listIds" | "accept" | "setReasons">;
  routing: Pick<Routing, "findRoute" | "findPublishRoute">;
  providers: Pick<Providers, "get">;
  keys: Sealer;
  keepLearned: KeepLearned;
  /** Given at a node of a cluster. */
  catchUp: CatchUp | undefined;
  config: Pick<Config, "baseUrl" | "maxBodyBytes" | "trustedProxies">;
  /** How many bytes of bodies may be held at once; by default as much as is of use. */
  bodyRoom?: BodyRoom;
  /** How long a chunked body's trailer fields are waited for; by default as long as is of use. */
  trailersMs?: number;
  clock: Clock;
  log: Logger;
  metrics: IngestMetrics;
  tracing: Tracing | undefined;
  /** Called after a rejected request is stored in a webhook's file. */
  onKept: (webhookId: string) => void;
}) {
  const { events, rejected, routing, providers, keys, keepLearned, bodyRoom, trailersMs } = deps;
  const { baseUrl, maxBodyBytes, trustedProxies } = deps.config;
  const { clock, log, metrics, tracing, onKept } = deps;
  const readRules = createRulesReader({ log });
  const openVerifier = createVerifierOpener({ providers, keys, log });
  const chooser = createTargetChooser({ log });
  const door = createDoor({ clock });
  const receiver = createReceiver({
    routing,
    openVerifier,
    readRules,
    clock,
    baseUrl,
    events,
    door,
    chooser,
    keepLearned,
  });
  const noteRefusal = createRefusalNoter({
    door,
    readRules,
    refusals: createRefusalLog({ log, clock }),
    rejectedKeeper: createRejectedKeeper({ store: rejected, keys, clock, onKept }),
  });
  return {
    receiver,
    openVerifier,
    publish: createPublisher({ routing, chooser, events, clock }),
    reverify: createReverify({
      routing,
      openVerifier,
      readRules,
      chooser,
      store: rejected,
      clock,
      keys,
      baseUrl,
    }),
    routes: createIngestRoutes({
      receiver,
      noteRefusal,
      readRules,
      door,
      refusals: deps.refusals,
      catchUp: deps.catchUp,
      metrics,
      tracing,
      clock,
      maxBodyBytes,
      trustedProxies,
      onTooLarge: () => log.warn("a request was refused: its body is over MAX_BODY_BYTES"),
      ...(bodyRoom && { bodyRoom }),
      ...(trailersMs !== undefined && { trailersMs }),
    }),
  };
}
