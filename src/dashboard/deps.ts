/** Dependencies of the dashboard on the rest of the gateway. */
import type { ApiKeys } from "../auth/api-keys.ts";
import type { AuditReading } from "../auth/audit-reading.ts";
import type { FirstSignIn } from "../auth/first-sign-in.ts";
import type { PasswordLinks } from "../auth/links/password-links.ts";
import type { UserEmails } from "../auth/links/user-emails.ts";
import type { Identities } from "../auth/oidc/identities.ts";
import type { PasswordSignIn } from "../auth/oidc/password-sign-in.ts";
import type { SingleSignOn } from "../auth/oidc/single-sign-on.ts";
import type { Passkeys } from "../auth/passkeys/passkeys.ts";
import type { SecondFactors } from "../auth/second-factor/second-factors.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { SignInLimiter } from "../auth/sign-in-limiter.ts";
import type { Users } from "../auth/users.ts";
import type { Config } from "../config.ts";
import type { ThrottleControl } from "../delivery/throttle/throttle-control.ts";
import type { Auditing } from "../http/audit.ts";
import type { ClusterStatus } from "../http/cluster/cluster-status.ts";
import type { SendOwnEvent } from "../ingest/own-events.ts";
import type { Publish } from "../ingest/publish/publisher.ts";
import type { Reverify } from "../ingest/re-verify.ts";
import type { RefusalTally } from "../ingest/refusal-tally.ts";
import type { RemoteAddressReader } from "../ingest/remote-address.ts";
import type { Clock } from "../lib/clock.ts";
import type { SendTestNotice } from "../notices/notice-sender.ts";
import type { SendTestMail } from "../notices/test-mail.ts";
import type { Logger } from "../observability/log.ts";
import type { Replay } from "../replays/replay.ts";
import type { ReplayRuns } from "../replays/replay-runs.ts";
import type { LastBackup } from "../storage/backup/last-backup.ts";
import type { StorageFiles } from "../storage/folder/storage-files.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { StorageChecks } from "../storage/reader/storage-checks.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { RejectedStore } from "../storage/stores/rejected-store.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { Providers } from "../verification/registry.ts";
import type { Finder } from "../webhooks/find.ts";
import type { ProblemUseCases } from "../webhooks/notices/problems.ts";
import type { TargetNumbersReader } from "../webhooks/numbers/target-numbers.ts";
import type { WebhookGlances } from "../webhooks/numbers/webhook-glances.ts";
import type { Invitations } from "../webhooks/people/invitations/invitations.ts";
import type { PlaceTrials } from "../webhooks/place-trials.ts";
import type { FindSentRequest } from "../webhooks/sent-request.ts";
import type { RunSql } from "../webhooks/sql/sql-queries.ts";
import type { TargetTrials } from "../webhooks/target-trials/target-trials.ts";
import type { Transfer } from "../webhooks/transfer/transfer.ts";
import type { WebhookUseCases } from "../webhooks/use-cases.ts";
import type { VerificationTrials } from "../webhooks/verification-trial.ts";
import type { ServerFigures } from "./admin/server-figures.ts";
import type { SendTestEvent } from "./webhooks/entrypoints/test-event.ts";

export type DashboardDeps = Readonly<{
  config: Config;
  version: string;
  clock: Clock;
  log: Logger;
  /** Adds to the audit log what changed nothing else in the main database. */
  auditing: Auditing;
  auditReading: AuditReading;
  /** Signs what the browser holds. */
  sessionKey: Uint8Array;
  users: Users;
  sessions: Sessions;
  firstSignIn: FirstSignIn;
  apiKeys: ApiKeys;
  secondFactors: SecondFactors;
  passkeys: Passkeys;
  passwordSignIn: PasswordSignIn;
  identities: Identities;
  /** Null: nobody signs in by OpenID Connect. */
  singleSignOn: SingleSignOn | null;
  signInLimiter: SignInLimiter;
  passwordLinks: PasswordLinks;
  userEmails: UserEmails;
  invitations: Invitations;
  /** Runs a handler and waits until everything its response reports is on disk. */
  durably: MainDb["durably"];
  useCases: WebhookUseCases;
  problems: ProblemUseCases;
  transfer: Transfer;
  targetTypes: TargetTypes;
  providers: Providers;
  trials: VerificationTrials;
  targetTrials: TargetTrials;
  targetNumbers: TargetNumbersReader;
  webhookGlances: WebhookGlances;
  placeTrials: PlaceTrials;
  events: EventStore;
  throttle: ThrottleControl;
  rejected: RejectedStore;
  /** Refused requests of the last day. */
  refusals: Pick<RefusalTally, "lastDay" | "onRefused">;
  reverify: Reverify;
  replay: Replay;
  findSentRequest: FindSentRequest;
  runSql: RunSql;
  find: Finder;
  replayRuns: Omit<ReplayRuns, "start" | "stop">;
  routing: Routing;
  /** Returns the sender's address, also behind trusted proxies. */
  remoteAddressOf: RemoteAddressReader;
  publish: Publish;
  sendOwnEvent: SendOwnEvent;
  sendTestEvent: SendTestEvent;
  sendTestNotice: SendTestNotice;
  /** Aborted when the server stops, because streams must end for it to stop. */
  stopping: AbortSignal;
  /** Figures and checks of storage for the server page. */
  storage: Readonly<{
    measure: () => Promise<StorageFiles>;
    openFiles: () => number;
    maxOpenFiles: number;
    checks: StorageChecks;
    lastBackup: () => Promise<LastBackup | null>;
  }>;
  figures: () => ServerFigures;
  /** Null for a gateway that is alone. */
  clusterStatus: (() => Promise<ClusterStatus>) | null;
  /** Null if the server cannot send e-mail. */
  sendTestMail: SendTestMail | null;
}>;
