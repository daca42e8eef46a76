/** Puts together what takes requests in, keeps those that could not be verified, and releases them. */
import type { Config } from "../config.ts";
import { createDoor } from "../ingest/door.ts";
import { createRulesReader } from "../ingest/entrypoint-rules.ts";
import { createRejectedKeeper } from "../ingest/keep-rejected.ts";
import { createReverify } from "../ingest/re-verify.ts";
import { createReceiver } from "../ingest/receive.ts";
import { createRefusalLog } from "../ingest/refusal-log.ts";
import { createIngestRoutes } from "../ingest/routes.ts";
import { createVerifierOpener } from "../ingest/verifiers.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { IngestMetrics } from "../observability/metrics.ts";
import type { Tracing } from "../observability/tracing.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { EventStorage } from "../storage/event-storage.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { Providers } from "../verification/registry.ts";
import { createLearnedSecrets } from "../webhooks/learned-secrets.ts";

export function createIngestParts(deps: {
  config: Config;
  storage: Pick<EventStorage, "events" | "rejected">;
  mainDb: Pick<MainDb, "routing" | "entrypoints" | "durably">;
  providers: Providers;
  keys: Sealer;
  clock: Clock;
  log: Logger;
  metrics: IngestMetrics;
  tracing: Tracing | undefined;
  /** Called after a webhook's file got a rejected request. */
  onKept: (webhookId: string) => void;
}) {
  const { config, storage, mainDb, providers, keys, clock, log, metrics, tracing, onKept } = deps;
  const { events, rejected } = storage;
  const readRules = createRulesReader({ log });
  const openVerifier = createVerifierOpener({ providers, keys, log });
  const shared = { routing: mainDb.routing, openVerifier, readRules, clock, baseUrl: config.baseUrl };
  const door = createDoor({ clock });
  const receiver = createReceiver({
    ...{ ...shared, events, door },
    refusals: createRefusalLog({ log, clock }),
    rejectedKeeper: createRejectedKeeper({ store: rejected, keys, clock, onKept }),
    keepLearned: createLearnedSecrets({ mainDb, providers, keys, clock, log }),
  });
  return {
    receiver,
    reverify: createReverify({ ...shared, keys, store: rejected }),
    routes: createIngestRoutes({
      ...{ receiver, readRules, door, metrics, tracing, clock },
      maxBodyBytes: config.maxBodyBytes,
      trustedProxies: config.trustedProxies,
      onTooLarge: () => log.warn("a request was refused: its body is over MAX_BODY_BYTES"),
    }),
  };
}
