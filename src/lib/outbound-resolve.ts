/** Names to checked addresses: resolved once per connection, and only what was checked is connected to. */
import { lookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import type { AddressRules } from "./outbound-address.ts";
import { failure, OutboundError } from "./outbound-failures.ts";

export type ResolvedAddress = Readonly<{ address: string; family: number }>;

/** All addresses of a name. Rejects, or gives none, where there are none. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export const systemResolve: Resolve = (host) => lookup(host, { all: true });

/**
 * For the `lookup` option of an agent. One refused address refuses the name: a public name that also points
 * into a private network is a trap or a mistake. Names looked up at the same moment share one query.
 */
export function createCheckedLookup(deps: { resolve: Resolve; rules: AddressRules }): LookupFunction {
  const pending = new Map<string, Promise<readonly ResolvedAddress[]>>();

  async function resolveChecked(host: string): Promise<readonly ResolvedAddress[]> {
    let addresses: readonly ResolvedAddress[];
    try {
      addresses = await deps.resolve(host);
    } catch (error) {
      throw new OutboundError(failure("name_not_resolved", unresolved(host, error)));
    }
    if (addresses.length === 0) throw new OutboundError(failure("name_not_resolved", unresolved(host, null)));
    for (const { address } of addresses) {
      const refusal = deps.rules.refusal(address);
      // Retryable, as a name may lead somewhere else tomorrow.
      if (refusal !== null) throw new OutboundError(failure("forbidden_address", `${host}: ${refusal}`));
    }
    return addresses;
  }

  function shared(host: string): Promise<readonly ResolvedAddress[]> {
    const known = pending.get(host);
    if (known !== undefined) return known;
    const query = resolveChecked(host).finally(() => pending.delete(host));
    pending.set(host, query);
    return query;
  }

  return (host, options, callback) => {
    shared(host).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true || first === undefined) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
}

function unresolved(host: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const temporary = code === "EAI_AGAIN" || code === "ETIMEOUT" || code === "ESERVFAIL";
  return temporary
    ? `the name ${host} cannot be resolved just now (${code})`
    : `the name ${host} does not resolve`;
}
