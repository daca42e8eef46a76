/**
 * Resolves names without blocking disk work. The system's own lookup blocks a thread of the runtime's pool for as long
 * as a name server keeps silent, and syncs of event files run on the same threads: with as many silent names as cores,
 * no event was acknowledged for 8 s.
 */
import { lookup } from "node:dns/promises";
import type { Resolve, ResolvedAddress } from "./resolve.ts";

/**
 * Resolves with c-ares first, which holds no thread, then with the system, which does but also knows this machine's own
 * names and follows changes of its configuration.
 */
export function createSystemResolve(
  resolvers: Readonly<{ ares: Resolve; system: Resolve }> = { ares: askAres, system: askSystem },
): Resolve {
  let isSystemAsked = false;

  return async (host) => {
    try {
      return await resolvers.ares(host);
    } catch (error) {
      // At most one thread, however many names are unresolved; the other lookups are retried later.
      if (isSystemAsked) throw error;
      isSystemAsked = true;
      try {
        return await resolvers.system(host);
      } finally {
        isSystemAsked = false;
      }
    }
  };
}

function askAres(host: string): Promise<readonly ResolvedAddress[]> {
  return Bun.dns.lookup(host, { backend: "c-ares" });
}

function askSystem(host: string): Promise<readonly ResolvedAddress[]> {
  return lookup(host, { all: true });
}
