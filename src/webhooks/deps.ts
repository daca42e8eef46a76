/** What the use cases stand on. */
import type { Clock } from "../lib/clock.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { Providers } from "../verification/registry.ts";

/** The webhooks' event files, as far as their making and removing goes. */
export type EventFiles = Readonly<{
  create: (webhookId: string) => Promise<void>;
  delete: (webhookId: string) => Promise<void>;
}>;

export type Ids = Readonly<{ newId: () => string; newUnguessableId: () => string }>;

export type UseCaseDeps = Readonly<{
  mainDb: MainDb;
  eventFiles: EventFiles;
  targetTypes: TargetTypes;
  providers: Providers;
  keys: Sealer;
  /** Whether an e-mail address is of any use. */
  sendsMail: boolean;
  clock: Clock;
  ids: Ids;
}>;
