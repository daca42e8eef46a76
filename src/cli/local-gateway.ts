/** Knows where the gateway on this machine listens. */
import type { Config } from "../config.ts";

/** Wildcard addresses can be listened on but not called. */
const LOOPBACK: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Returns its origin, without a trailing slash. */
export function localOrigin({ host, port }: Pick<Config, "host" | "port">): string {
  const address = LOOPBACK[host] ?? host;
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
