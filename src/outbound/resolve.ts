/** Resolves names to checked addresses, once per connection; the client connects only to addresses it has checked. */
import { isIP } from "node:net";
import type { Clock } from "../lib/clock.ts";
import { errorCode } from "../lib/errors.ts";
import type { AddressRules } from "./address.ts";
import { failure, OutboundError } from "./failures.ts";

/** Time for which other requests share a pending query. After it they send their own, which may get a response. */
const SHARED_MS = 5_000;

export type ResolvedAddress = Readonly<{ address: string; family: number }>;

/** Returns all addresses of a name. Rejects, or returns an empty list, if there are none. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/** Returns the addresses of a name, all of which are allowed. Rejects with an OutboundError that says why not. */
export type ResolveChecked = (host: string) => Promise<readonly ResolvedAddress[]>;

/**
 * Refuses a name if one of its addresses is refused: a public name that also points into a private network is a trap or
 * a mistake. Simultaneous lookups of a name share one query.
 */
export function createCheckedResolve(deps: {
  resolve: Resolve;
  rules: AddressRules;
  clock: Clock;
}): ResolveChecked {
  const pending = new Map<string, Promise<readonly ResolvedAddress[]>>();

  async function resolveChecked(host: string): Promise<readonly ResolvedAddress[]> {
    const addresses = await addressesOf(host);
    if (addresses.length === 0) throw new OutboundError(failure("name_not_resolved", unresolved(host, null)));
    for (const { address } of addresses) {
      const refusal = deps.rules.refusal(address);
      // Retryable, because the name may resolve to another address later.
      if (refusal !== null) throw new OutboundError(failure("forbidden_address", `${host}: ${refusal}`));
    }
    return addresses;
  }

  async function addressesOf(host: string): Promise<readonly ResolvedAddress[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    try {
      return await deps.resolve(host);
    } catch (error) {
      throw new OutboundError(failure("name_not_resolved", unresolved(host, error)));
    }
  }

  return (host) => {
    const known = pending.get(host);
    if (known !== undefined) return known;
    const forget = () => {
      if (pending.get(host) === query) pending.delete(host);
    };
    const cancel = deps.clock.after(SHARED_MS, forget);
    const query = resolveChecked(host).finally(() => {
      cancel();
      forget();
    });
    pending.set(host, query);
    return query;
  };
}

/** Error codes of the system resolver and of c-ares. */
const TEMPORARY = /^(DNS_)?(EAI_AGAIN|ETIMEOUT|ESERVFAIL|ECONNREFUSED)$/;

function unresolved(host: string, error: unknown): string {
  const code = errorCode(error) ?? "";
  const temporary = TEMPORARY.test(code);
  return temporary
    ? `the name ${host} cannot be resolved right now (${code})`
    : `the name ${host} does not resolve`;
}
