/** Stand-ins for parts of the gateway that are slow, random or outside the process. */
import type { Passwords } from "../auth/passwords.ts";
import type { DashboardDeps } from "../dashboard/deps.ts";
import type { DescriptorBudget } from "../lib/descriptor-budget.ts";
import type { Outbound } from "../outbound/outbound.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { MainDbUpkeep } from "./storage.ts";

export type Overrides = Readonly<{
  /** Hashes passwords; by default argon2id, which takes a tenth of a second on purpose. */
  passwords?: Passwords;
  /** Carries deliveries and providers' requests; by default the HTTP client. */
  outbound?: Outbound;
  /** Returns the target types that there are, given the program's own. */
  targetTypes?: (own: TargetTypes) => TargetTypes;
  /** By default shared out from the process's limit of open files. */
  descriptors?: DescriptorBudget;
  /** Syncs and checkpoints the main database; by default a worker and the runtime's thread pool. */
  mainDbUpkeep?: MainDbUpkeep;
  /** Waits between the steps of a replay; by default on the clock. */
  rest?: (ms: number) => Promise<void>;
  /** Makes the code of all routes before the first request, which takes some ten milliseconds; by default true. */
  compilesRoutes?: boolean;
  /** Returns what the pages get to read and do, given what they would get. */
  dashboard?: (own: DashboardDeps) => DashboardDeps;
}>;
