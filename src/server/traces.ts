/** Starts the tracer if a collector is configured; only then is its library loaded. */
import type { Config } from "../config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { Tracing } from "../observability/tracing.ts";

export type Traces = Readonly<{ tracing: Tracing | undefined; stop: () => Promise<void> }>;

export async function startTraces(deps: { config: Config; clock: Clock; log: Logger }): Promise<Traces> {
  const { config, clock, log } = deps;
  if (config.traces === null) return { tracing: undefined, stop: async () => undefined };
  const { startTracing } = await import("../observability/open-telemetry.ts");
  return startTracing({ config: config.traces, clock, log });
}
