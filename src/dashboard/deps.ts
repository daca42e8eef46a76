/** What the dashboard needs from the rest of the program. */
import type { ApiKeys } from "../auth/api-keys.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { SignInLimiter } from "../auth/sign-in-limiter.ts";
import type { Users } from "../auth/users.ts";
import type { Config } from "../config.ts";
import type { Replay } from "../delivery/replay.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { WebhookUseCases } from "../webhooks/use-cases.ts";

export type DashboardDeps = Readonly<{
  config: Config;
  version: string;
  clock: Clock;
  log: Logger;
  /** Signs what the browser holds. */
  sessionKey: Uint8Array;
  users: Users;
  sessions: Sessions;
  apiKeys: ApiKeys;
  signInLimiter: SignInLimiter;
  useCases: WebhookUseCases;
  targetTypes: TargetTypes;
  events: EventStore;
  replay: Replay;
  /** Who sent a request, behind trusted proxies too. */
  remoteAddressOf: (peer: string, forwardedFor: string | null) => string;
  /** What the server page tells of storage. */
  storage: Readonly<{
    openFiles: () => number;
    maxOpenFiles: number;
    files: () => Promise<StorageFiles>;
  }>;
}>;

export type StorageFiles = Readonly<{
  mainDb: Readonly<{ path: string; bytes: number }>;
  eventFiles: Readonly<{ count: number; bytes: number }>;
}>;
