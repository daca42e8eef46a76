/** Dependencies of the use cases. */
import type { Clock } from "../lib/clock.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { Providers } from "../verification/registry.ts";
import type { CheckCode } from "./transformations.ts";

/** Creates and deletes the webhooks' event files. */
type EventFiles = Readonly<{
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
  /** Whether the server can send e-mail. */
  sendsMail: boolean;
  clock: Clock;
  ids: Ids;
  checkCode: CheckCode;
}>;
