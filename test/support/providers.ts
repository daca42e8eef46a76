/** The program's verification providers, for tests. */
import { createProviders, type Providers } from "../../src/verification/registry.ts";

export function createTestProviders(): Providers {
  return createProviders();
}
