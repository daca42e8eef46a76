/** Asks the gateway on this machine whether it is healthy; the container's health check runs it. */
import type { Config } from "../config.ts";
import { userAgent } from "../lib/version.ts";

const TIMEOUT_MS = 3_000;
/** Wildcard addresses can be listened on but not called. */
const LOOPBACK: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

export async function healthcheck(config: Pick<Config, "host" | "port">): Promise<boolean> {
  const address = LOOPBACK[config.host] ?? config.host;
  const host = address.includes(":") ? `[${address}]` : address;
  try {
    const response = await fetch(`http://${host}:${config.port}/.well-known/healthcheck`, {
      // A proxy meant for targets must not be used to reach this machine.
      proxy: false,
      redirect: "manual",
      headers: { "user-agent": userAgent },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
