/** Dependencies of the API. */

import type { ApiKeys } from "../auth/api-keys.ts";
import type { AuditReading } from "../auth/audit-reading.ts";
import type { ThrottleControl } from "../delivery/throttle/throttle-control.ts";
import type { Auditing } from "../http/audit.ts";
import type { SendOwnEvent } from "../ingest/own-events.ts";
import type { Publish } from "../ingest/publish/publisher.ts";
import type { Reverify } from "../ingest/re-verify.ts";
import type { RemoteAddressReader } from "../ingest/remote-address.ts";
import type { Clock } from "../lib/clock.ts";
import type { SendTestNotice } from "../notices/notice-sender.ts";
import type { Logger } from "../observability/log.ts";
import type { Replay } from "../replays/replay.ts";
import type { ReplayRuns } from "../replays/replay-runs.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { RejectedStore } from "../storage/stores/rejected-store.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { Providers } from "../verification/registry.ts";
import type { ProblemUseCases } from "../webhooks/notices/problems.ts";
import type { TargetNumbersReader } from "../webhooks/numbers/target-numbers.ts";
import type { Invitations } from "../webhooks/people/invitations/invitations.ts";
import type { PullDeliveries } from "../webhooks/pulls.ts";
import type { FindSentRequest } from "../webhooks/sent-request.ts";
import type { RunSql } from "../webhooks/sql/sql-queries.ts";
import type { TargetTrials } from "../webhooks/target-trials/target-trials.ts";
import type { Transfer } from "../webhooks/transfer/transfer.ts";
import type { WebhookUseCases } from "../webhooks/use-cases.ts";
import type { VerificationTrials } from "../webhooks/verification-trial.ts";

export type ApiDeps = Readonly<{
  /** BASE_URL, without a trailing slash. */
  baseUrl: string;
  /** The program's version, for the OpenAPI document. */
  version: string;
  clock: Pick<Clock, "now" | "monotonic">;
  /** Runs a change, and resolves once it is on disk. */
  durably: MainDb["durably"];
  useCases: WebhookUseCases;
  invitations: Invitations;
  problems: ProblemUseCases;
  transfer: Transfer;
  sendOwnEvent: SendOwnEvent;
  publish: Publish;
  /** Events that each API key may publish per second; null: any number. */
  publishRate: number | null;
  sendTestNotice: SendTestNotice;
  /** Returns the client's address, also behind trusted proxies. */
  remoteAddressOf: RemoteAddressReader;
  log: Pick<Logger, "info" | "error">;
  /** Adds to the audit log what changed nothing else in the main database. */
  auditing: Auditing;
  auditReading: AuditReading;
  isAdmin: (userId: string) => boolean;
  apiKeys: ApiKeys;
  events: Pick<
    EventStore,
    "searchEvents" | "findEvent" | "findOrigin" | "listDeliveries" | "findDuplicates" | "findFilterMarks"
  >;
  throttle: ThrottleControl;
  pull: PullDeliveries;
  rejected: Omit<RejectedStore, "keep" | "accept" | "setReasons">;
  reverify: Reverify;
  replay: Replay;
  findSentRequest: FindSentRequest;
  runSql: RunSql;
  replayRuns: Omit<ReplayRuns, "start" | "stop">;
  targetTypes: Pick<TargetTypes, "list">;
  providers: Pick<Providers, "list">;
  trials: VerificationTrials;
  targetTrials: TargetTrials;
  targetNumbers: Pick<TargetNumbersReader, "readRange">;
}>;
