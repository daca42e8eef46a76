/** Builds what operators read of the gateway itself: its readiness and its metrics. */
import type { Config } from "../config.ts";
import type { ServerFigures } from "../dashboard/admin/server-figures.ts";
import type { Readiness } from "../http/health.ts";
import type { Clock } from "../lib/clock.ts";
import { version } from "../lib/version.ts";
import { boundMeasure } from "../observability/bounded-measure.ts";
import type { ClusterSources } from "../observability/cluster-metrics.ts";
import { watchEventLoopLag } from "../observability/event-loop-lag.ts";
import type { Logger } from "../observability/log.ts";
import { createMetrics, noMetrics } from "../observability/metrics.ts";
import type { Scrape } from "../observability/metrics-registry.ts";
import { watchRecentLag } from "../observability/recent-lag.ts";
import type { DiskReserve } from "../storage/folder/disk-reserve.ts";
import { watchDiskSpace } from "../storage/folder/disk-space.ts";
import { measureStorageFiles } from "../storage/folder/storage-files.ts";
import type { DeliveryParts } from "./delivery.ts";

/** How long a scrape waits for the sizes of the files, of which there may be thousands. */
const MEASURE_MS = 250;

/** Creates the counters that the other parts fill; `metrics` counts next to nothing where nobody scrapes. */
export function createCounters({ config, clock }: { config: Config; clock: Clock }) {
  const counted = createMetrics({ clock });
  // The server page shows what is pending, whether or not anybody scrapes.
  return { counted, metrics: config.metrics ? counted : { ...noMetrics, pending: counted.pending } };
}

export function createSelfReport(deps: {
  config: Config;
  clock: Clock;
  log: Logger;
  counted: ReturnType<typeof createMetrics>;
  delivery: Pick<DeliveryParts, "engine" | "targetTypes">;
  openFiles: () => number;
  maxOpenFiles: number;
  reserve: DiskReserve;
  /** "the data folder" or "the main database" while that is out of reach, else null. */
  findLost: () => string | null;
  /** Why this node of a cluster cannot do its part; else null. */
  clusterFault: () => string | null;
  /** A fault of the cluster although this node does its part; else null. */
  clusterWarning: () => string | null;
  /** Null for a gateway that is alone. */
  cluster: ClusterSources | null;
  stopping: AbortSignal;
}) {
  const { config, clock, log, counted, delivery, openFiles, maxOpenFiles, reserve, findLost, stopping } =
    deps;
  const disk = watchDiskSpace({ folder: config.dataDir, clock, log, onLook: reserve.look });
  const readiness = (): Readiness => {
    if (stopping.aborted) return { ready: false, reason: "stopping" };
    const lost = findLost();
    if (lost !== null) return { ready: false, reason: `${lost} is out of reach` };
    const fault = deps.clusterFault();
    if (fault !== null) return { ready: false, reason: fault };
    if (disk.isLow() || reserve.isSpent()) return { ready: false, reason: "low disk space" };
    const warning = deps.clusterWarning();
    return { ready: true, ...(warning !== null && { reason: warning }) };
  };
  let stopLagWatch = () => {};
  const recentLag = watchRecentLag(clock);
  const sources = {
    counts: counted.counts,
    now: clock.now,
    version,
    maxOpenFiles,
    openFiles,
    targetTypes: delivery.targetTypes.list(),
    isReady: () => readiness().ready,
    attemptsInFlight: delivery.engine.inFlight,
    openCircuits: delivery.engine.openCircuits,
    disk: disk.find,
    files: boundMeasure({ measure: () => measureStorageFiles(config), boundMs: MEASURE_MS, clock }),
    cluster: deps.cluster,
  };
  let registered: Scrape | null = null;
  /** Loads the registry at the first scrape: most gateways are not scraped, and a start should not wait for it. */
  async function scrape(): ReturnType<Scrape> {
    const { createScrape } = await import("../observability/metrics-registry.ts");
    registered ??= createScrape(sources);
    return registered();
  }
  return {
    readiness,
    scrape,
    /** Bytes that event files may take on the disk; zero if unknown. */
    room(): number {
      const { freeBytes, reserveBytes } = disk.find() ?? { freeBytes: 0, reserveBytes: 0 };
      return Math.max(0, freeBytes - reserveBytes);
    },
    /** For the server page. */
    figures: (): ServerFigures => ({
      disk: disk.find(),
      pending: counted.counts.pending.total,
      inFlight: delivery.engine.inFlight(),
      openCircuits: delivery.engine.openCircuits(),
      memoryBytes: process.memoryUsage.rss(),
      lagMs: recentLag.longestMs(),
    }),
    start(): void {
      disk.start();
      recentLag.start();
      if (config.metrics) stopLagWatch = watchEventLoopLag({ clock, lag: counted.counts.eventLoopLag });
    },
    stop(): void {
      stopLagWatch();
      recentLag.stop();
      disk.stop();
    },
  };
}
