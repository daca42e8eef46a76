/** The program's verification providers, for tests. */
import type { Outbound } from "../../src/outbound/outbound.ts";
import { createProviders, type Providers } from "../../src/verification/registry.ts";

const unreachable: Pick<Outbound, "request"> = {
  request: async () => ({ kind: "failed", code: "aborted", message: "tests fetch nothing", retryable: true }),
};

/** Without more said they fetch nothing. */
export function createTestProviders(given: Partial<Parameters<typeof createProviders>[0]> = {}): Providers {
  return createProviders({ outbound: unreachable, ...given });
}
