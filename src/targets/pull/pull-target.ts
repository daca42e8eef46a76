/** The pull target: programs fetch its deliveries from the API and report what came of them. */
import { configuredHeadersField } from "../configured-headers.ts";
import { receivedHeadersFields } from "../received-headers.ts";
import type { TargetType } from "../target-type.ts";
import { type PullConfig, pullConfigSchema } from "./pull-config.ts";
import type { Pulls } from "./pulls.ts";

export const PULL_TYPE = "pull";

export function createPullTarget({ pulls }: { pulls: Pulls }): TargetType<PullConfig> {
  return {
    type: PULL_TYPE,
    label: "Pull",
    description: "Keeps deliveries until a program fetches them, such as `webhooker listen` on a laptop.",
    configSchema: pullConfigSchema,
    fields: [configuredHeadersField, ...receivedHeadersFields],
    settlesAtIngest: false,
    signs: true,
    // The first retries come quickly, because most pullers are programs under development. No circuit: nothing but
    // the puller's own machine is to be spared.
    policyDefaults: {
      retry_strategy: "list",
      retry_delays_seconds: [1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 43_200],
      circuit_failures: null,
    },
    roomFor: pulls.roomFor,
    summarize: () => "programs that pull",
    deliver: (attempt) => pulls.deliver(attempt),
  };
}
