/** The program's verification providers, for tests. */
import { createProviders, type Providers } from "../../src/verification/registry.ts";
import { unreachable } from "./outbound.ts";

/** By default the providers reach nothing. */
export function createTestProviders(given: Partial<Parameters<typeof createProviders>[0]> = {}): Providers {
  return createProviders({ outbound: unreachable, ...given });
}
