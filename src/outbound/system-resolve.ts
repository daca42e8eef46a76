/**
 * Asks for the addresses of names without holding up the disk. The system's own lookup blocks a thread of the
 * runtime's pool for as long as a name server keeps silent, and the syncs of event files run on the same threads:
 * with as many silent names as cores, no event was acknowledged for 8 s.
 */
import { lookup } from "node:dns/promises";
import type { Resolve, ResolvedAddress } from "./resolve.ts";

/** `ares` holds no thread; `system` does, but knows what only this machine says of names, and follows its changes. */
export function createSystemResolve(
  ways: Readonly<{ ares: Resolve; system: Resolve }> = { ares: askAres, system: askSystem },
): Resolve {
  let isSystemAsked = false;

  return async (host) => {
    try {
      return await ways.ares(host);
    } catch (error) {
      // One thread at most, whatever names there are; the others are tried again later.
      if (isSystemAsked) throw error;
      isSystemAsked = true;
      try {
        return await ways.system(host);
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
