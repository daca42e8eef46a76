/** Warns that the entrypoint URLs on pages and in API responses work on this machine only. */
import type { Config } from "../config.ts";
import { isLoopback } from "../lib/loopback.ts";
import type { Logger } from "../observability/log.ts";

export function warnOfLocalUrls({ config, log }: { config: Config; log: Pick<Logger, "warn"> }): void {
  const { environment, baseUrl } = config;
  if (environment !== "prod" || !isLoopback(new URL(baseUrl).hostname)) return;
  log.warn("entrypoint URLs point to this machine: senders elsewhere cannot use them", {
    base_url: baseUrl,
    hint: "set BASE_URL to the address that senders reach, such as https://hooks.example.com",
  });
}
