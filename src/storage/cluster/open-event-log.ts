/** Opens the cluster's log; only then is the client of its engine loaded. */
import type { Clock } from "../../lib/clock.ts";
import type { EventLog } from "./event-log.ts";
import type { NatsOptions } from "./nats/options.ts";

/** Throws ConfigError, with the cure, for servers that cannot keep what the log promises; `unavailable` without servers. */
export async function openEventLog(options: NatsOptions, clock: Clock): Promise<EventLog> {
  const { openNatsLog } = await import("./nats/nats-log.ts");
  return openNatsLog(options, clock);
}
