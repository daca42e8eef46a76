/** Builds the use cases of webhooks: settings, trials of verifications and filters, export and import. */
import type { Config } from "../config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Outbound } from "../outbound/outbound.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { WebhookDBManager } from "../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { createEventLocator } from "../storage/reader/event-locator.ts";
import { createGlanceReader } from "../storage/reader/glances.ts";
import { createSqlConsole } from "../storage/sql-console/sql-console.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { RejectedStore } from "../storage/stores/rejected-store.ts";
import { createWebhookFiles } from "../storage/transfer/webhook-files.ts";
import type { Pulls } from "../targets/pull/pulls.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { Transform } from "../targets/transformations/transformer.ts";
import { createProviders } from "../verification/registry.ts";
import { createFinder } from "../webhooks/find.ts";
import { createProblemUseCases } from "../webhooks/notices/problems.ts";
import { createTargetNumbers } from "../webhooks/numbers/target-numbers.ts";
import { createWebhookGlances } from "../webhooks/numbers/webhook-glances.ts";
import { createPlaceTrials } from "../webhooks/place-trials.ts";
import { createPullDeliveries } from "../webhooks/pulls.ts";
import { createSentRequests } from "../webhooks/sent-request.ts";
import { createRunSql } from "../webhooks/sql/sql-queries.ts";
import { createFilterTrials } from "../webhooks/target-trials/filter-trials.ts";
import { createTransformationTrials } from "../webhooks/target-trials/transformation-trials.ts";
import { createTransfer } from "../webhooks/transfer/transfer.ts";
import type { CheckCode } from "../webhooks/transformations.ts";
import { createWebhookUseCases } from "../webhooks/use-cases.ts";
import { createVerificationTrials } from "../webhooks/verification-trial.ts";

export function createWebhookParts(deps: {
  config: Pick<Config, "baseUrl" | "dataDir" | "mail" | "sqlConsole">;
  mainDb: MainDb;
  eventFiles: WebhookDBManager;
  events: Pick<
    EventStore,
    | "searchEvents"
    | "findEvent"
    | "listDeliveries"
    | "tryFilter"
    | "targetNumbers"
    | "targetOverviews"
    | "listTargetFailures"
  >;
  rejected: Pick<RejectedStore, "list" | "find">;
  targetTypes: TargetTypes;
  pulls: Pulls;
  outbound: Pick<Outbound, "request">;
  checkCode: CheckCode;
  transform: Transform;
  keys: Sealer;
  clock: Clock;
  stopping: AbortSignal;
  /** Resolves once an import that is about to become visible is where the death of this machine does not lose it. */
  spreadImport: (webhookId: string) => Promise<void>;
  /** Called after an imported webhook is stored. */
  onImported: (webhookId: string) => void;
}) {
  const { config, mainDb, eventFiles, events, rejected, targetTypes, outbound, keys, clock } = deps;
  const providers = createProviders({ outbound, clock });
  const useCases = createWebhookUseCases({
    mainDb,
    eventFiles,
    targetTypes,
    providers,
    keys,
    sendsMail: config.mail !== null,
    checkCode: deps.checkCode,
    clock,
  });
  return {
    providers,
    useCases,
    trials: createVerificationTrials({
      mainDb,
      providers,
      keys,
      events,
      rejected,
      baseUrl: config.baseUrl,
    }),
    find: createFinder({
      mainDb,
      webhooks: useCases.webhooks,
      events,
      locateEvent: createEventLocator(eventFiles),
    }),
    problems: createProblemUseCases({ mainDb, events, clock }),
    placeTrials: createPlaceTrials({ events }),
    runSql: createRunSql({
      mainDb,
      sqlConsole: createSqlConsole({ files: eventFiles, clock, stopping: deps.stopping }),
      isEnabled: config.sqlConsole,
    }),
    findSentRequest: createSentRequests({ mainDb, events, targetTypes, keys, transform: deps.transform }),
    webhookGlances: createWebhookGlances({ mainDb, readGlances: createGlanceReader(eventFiles), clock }),
    targetNumbers: createTargetNumbers({ mainDb, events, clock }),
    targetTrials: {
      filter: createFilterTrials({ mainDb, events }),
      transformation: createTransformationTrials({ mainDb, events, transform: deps.transform, clock }),
    },
    pull: createPullDeliveries({ mainDb, pulls: deps.pulls }),
    transfer: createTransfer({
      mainDb,
      files: createWebhookFiles(config.dataDir),
      keys,
      clock,
      useCases,
      targetTypes,
      providers,
      removeFile: (webhookId) => eventFiles.delete(webhookId),
      spread: deps.spreadImport,
      onImported: deps.onImported,
    }),
  };
}
