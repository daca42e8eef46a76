/** Dependencies of the pages of webhooks, entrypoints and targets. */
import type { Config } from "../../config.ts";
import type { ThrottleControl } from "../../delivery/throttle/throttle-control.ts";
import type { RefusalTally } from "../../ingest/refusal-tally.ts";
import type { Clock } from "../../lib/clock.ts";
import type { SendTestNotice } from "../../notices/notice-sender.ts";
import type { Activity, HourSpan } from "../../storage/event-db/numbers/activity.ts";
import type { Growth } from "../../storage/event-db/numbers/growth.ts";
import type { Overview, TargetOverview } from "../../storage/event-db/numbers/overview.ts";
import type { RetryingCount } from "../../storage/event-db/numbers/retrying.ts";
import type { Routing } from "../../storage/main-db/routing.ts";
import type { RejectedStore } from "../../storage/stores/rejected-store.ts";
import type { TargetTypes } from "../../targets/registry.ts";
import type { Providers } from "../../verification/registry.ts";
import type { TargetNumbersReader } from "../../webhooks/numbers/target-numbers.ts";
import type { WebhookGlances } from "../../webhooks/numbers/webhook-glances.ts";
import type { PlaceTrials } from "../../webhooks/place-trials.ts";
import type { TargetTrials } from "../../webhooks/target-trials/target-trials.ts";
import type { Transfer } from "../../webhooks/transfer/transfer.ts";
import type { WebhookUseCases } from "../../webhooks/use-cases.ts";
import type { VerificationTrials } from "../../webhooks/verification-trial.ts";
import type { LiveStreams } from "../live/live-streams.ts";
import type { Reveals } from "../reveals.ts";
import type { SendTestEvent } from "./entrypoints/test-event.ts";

/** Reads figures of event files; rejects with AppError `unavailable` if one cannot be used. */
export type Overviews = Readonly<{
  overview: (webhookId: string) => Promise<Overview>;
  /** One for each span, which follow each other. */
  activity: (webhookId: string, spans: readonly HourSpan[]) => Promise<readonly Activity[]>;
  growth: (webhookId: string) => Promise<Growth>;
  targetOverviews: (webhookId: string) => Promise<ReadonlyMap<string, TargetOverview>>;
  retrying: (webhookId: string) => Promise<ReadonlyMap<string, RetryingCount>>;
  /** Calls `listener` after events or deliveries changed. */
  onRecorded: (webhookId: string, listener: () => void) => () => void;
  entrypointLastEvents: (webhookId: string) => Promise<ReadonlyMap<string, number>>;
  countEvents: (webhookId: string) => Promise<number>;
}>;

export type SourcesDeps = Readonly<{
  config: Pick<Config, "baseUrl" | "retentionDays" | "mail">;
  clock: Clock;
  useCases: WebhookUseCases;
  transfer: Transfer;
  targetTypes: TargetTypes;
  providers: Providers;
  trials: VerificationTrials;
  targetTrials: TargetTrials;
  targetNumbers: Pick<TargetNumbersReader, "read" | "listFailures">;
  webhookGlances: WebhookGlances;
  placeTrials: PlaceTrials;
  events: Overviews;
  live: LiveStreams;
  /** Calls `listener` after a webhook, or something in it, was changed. */
  routing: Pick<Routing, "onInvalidate">;
  rejected: Pick<RejectedStore, "count">;
  throttle: ThrottleControl;
  refusals: Pick<RefusalTally, "lastDay" | "onRefused">;
  sendTestEvent: SendTestEvent;
  /** Carries new signing secrets and notes of an import to the page that shows them once. */
  reveals: Reveals;
  sendTestNotice: SendTestNotice;
}>;
