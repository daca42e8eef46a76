/** Asks the gateway on this machine whether it is healthy; the container's health check runs it. */
import type { Config } from "../config.ts";
import { userAgent } from "../lib/version.ts";
import { localOrigin } from "./local-gateway.ts";

const TIMEOUT_MS = 3_000;

export async function healthcheck(config: Pick<Config, "host" | "port">): Promise<boolean> {
  try {
    const response = await fetch(`${localOrigin(config)}/.well-known/healthcheck`, {
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
