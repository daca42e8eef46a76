/** Defines every metric by name and labels; the values are read from plain numbers at each scrape. */
import { addClusterMetrics, type ClusterSources } from "./cluster-metrics.ts";
import type { Counts, Outcomes } from "./counts.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { MetricsRegistry, type Sample } from "./prometheus-metrics.ts";

type FileSizes = Readonly<{
  mainDb: Readonly<{ bytes: number }>;
  eventFiles: Readonly<{ count: number; bytes: number }>;
}>;

/** Values read at a scrape in addition to the counts. Null if unknown. */
export type MetricsSources = Readonly<{
  counts: Counts;
  /** All target types, so that each has its series from the start. */
  targetTypes: readonly Readonly<{ type: string; settlesAtIngest: boolean }>[];
  version: string;
  /** Wall-clock time. */
  now: () => number;
  isReady: () => boolean;
  attemptsInFlight: () => number;
  openCircuits: () => number;
  openFiles: () => number;
  maxOpenFiles: number;
  disk: () => Readonly<{ freeBytes: number; reserveBytes: number }> | null;
  files: () => Promise<FileSizes | null>;
  /** Null for a gateway that is alone. */
  cluster: ClusterSources | null;
}>;

export type Scrape = () => Promise<Readonly<{ contentType: string; text: string }>>;

export function createScrape(sources: MetricsSources): Scrape {
  const registry = new MetricsRegistry();
  addEvents(registry, sources.counts);
  addDeliveries(registry, sources);
  addTargets(registry, sources.counts);
  addQueue(registry, sources);
  addStorage(registry, sources.counts);
  addFiles(registry, sources);
  if (sources.cluster !== null) addClusterMetrics(registry, sources.cluster);
  addProgram(registry, sources);
  addProcessMetrics(registry);
  return async () => ({ contentType: MetricsRegistry.contentType, text: await registry.text() });
}

function addEvents(registry: MetricsRegistry, counts: Counts): void {
  const received = { name: "webhooker_events_received_total", help: "Requests received at entrypoint URLs" };
  registry.addCounter(received, () => counts.received);
  const stored = { name: "webhooker_events_stored_total", help: "Events stored on disk and acknowledged" };
  registry.addCounter(stored, () => counts.stored);
  const bytes = { name: "webhooker_event_body_bytes_total", help: "Body bytes of stored events" };
  registry.addCounter(bytes, () => counts.storedBytes);
  const rejected = {
    name: "webhooker_events_rejected_total",
    help: "Requests that were not stored, by reason",
  };
  registry.addCounter(rejected, () => [...counts.rejected].map(([reason, value]) => [{ reason }, value]));
  const duplicates = {
    name: "webhooker_duplicates_total",
    help: "Duplicates of stored events, acknowledged but not stored again",
  };
  registry.addCounter(duplicates, () => counts.duplicates);
  const handshakes = {
    name: "webhooker_handshakes_total",
    help: "Challenges of providers that were responded to; no event is stored for them",
  };
  registry.addCounter(handshakes, () => counts.handshakes);
  const acknowledge = {
    name: "webhooker_acknowledge_seconds",
    help: "Time from a complete request to its acknowledgement",
  };
  registry.addHistogram(acknowledge, counts.acknowledge);
}

function addDeliveries(registry: MetricsRegistry, { counts, targetTypes }: MetricsSources): void {
  for (const { type } of targetTypes) counts.outcomesOfType(type);
  const typeAtIngest = targetTypes.find(({ settlesAtIngest }) => settlesAtIngest)?.type;
  const deliveries = {
    name: "webhooker_deliveries_total",
    help: "Completed deliveries by target type; failed means given up, and a replay counts again",
  };
  registry.addCounter(deliveries, () =>
    [...counts.byType].flatMap(([target_type, of]): Sample[] => {
      const atIngest = target_type === typeAtIngest ? counts.settledAtIngest : 0;
      return [
        [{ target_type, outcome: "delivered" }, of.delivered + atIngest],
        [{ target_type, outcome: "failed" }, of.failed],
        [{ target_type, outcome: "discarded" }, of.discarded],
      ];
    }),
  );
  const filtered = {
    name: "webhooker_filtered_total",
    help: "Deliveries that were not made, as the target's event types or filter did not want the event",
  };
  registry.addCounter(filtered, () => counts.filtered);
  const attempts = {
    name: "webhooker_delivery_attempts_total",
    help: "Delivery attempts by target type",
  };
  registry.addCounter(attempts, () =>
    [...counts.byType].flatMap(([target_type, of]) => attemptsOf({ target_type }, of)),
  );
  const transformations = {
    name: "webhooker_transformations_total",
    help: "Runs of targets' transformations before attempts, by what came of them",
  };
  registry.addCounter(transformations, () =>
    Object.entries(counts.transformations).map(([outcome, count]): Sample => [{ outcome }, count]),
  );
  const transformation = {
    name: "webhooker_transformation_seconds",
    help: "Time that the code of a transformation ran",
  };
  registry.addHistogram(transformation, counts.transformation);
  const firstAttempt = {
    name: "webhooker_first_attempt_seconds",
    help: "Time from an event's acknowledgement to a delivery's first attempt",
  };
  registry.addHistogram(firstAttempt, counts.firstAttempt);
  const delivered = {
    name: "webhooker_delivered_seconds",
    help: "Time from an event's receipt to its delivery, including retries, without replays",
  };
  registry.addHistogram(delivered, counts.delivered);
}

function addTargets(registry: MetricsRegistry, counts: Counts): void {
  const attempts = {
    name: "webhooker_target_attempts_total",
    help: "Delivery attempts by target: the first 200 since the start by name, the rest together as other",
  };
  registry.addCounter(attempts, () => [
    ...[...counts.byTarget.values()].flatMap((of) =>
      attemptsOf({ webhook_id: of.webhookId, target_id: of.targetId }, of),
    ),
    ...attemptsOf({ webhook_id: "other", target_id: "other" }, counts.otherTargets),
  ]);
}

function addQueue(
  registry: MetricsRegistry,
  { counts, attemptsInFlight, openCircuits, now }: MetricsSources,
): void {
  const pending = {
    name: "webhooker_pending_deliveries",
    help: "Deliveries that are waiting for an attempt or have one in progress",
  };
  registry.addGauge(pending, () => counts.pending.total);
  const inFlight = { name: "webhooker_attempts_in_flight", help: "Attempts in progress" };
  registry.addGauge(inFlight, attemptsInFlight);
  const circuits = {
    name: "webhooker_open_circuits",
    help: "Targets with an open circuit, which are only probed",
  };
  registry.addGauge(circuits, openCircuits);
  const opened = { name: "webhooker_circuits_opened_total", help: "Times that a target's circuit opened" };
  registry.addCounter(opened, () => counts.circuitsOpened);
  const oldest = {
    name: "webhooker_oldest_pending_seconds",
    help: "Age of the oldest event waiting for a retry, among those attempted since the start; 0 if there is none",
  };
  registry.addGauge(oldest, () => {
    const receivedAt = counts.pending.oldestReceivedAt();
    return receivedAt === null ? 0 : Math.max(0, now() - receivedAt) / 1_000;
  });
}

function addStorage(registry: MetricsRegistry, counts: Counts): void {
  const commit = {
    name: "webhooker_commit_seconds",
    help: "Duration of transactions on event files; each commits everything of one event loop turn",
  };
  registry.addHistogram(commit, counts.commit);
  const sync = {
    name: "webhooker_sync_seconds",
    help: "Duration of syncs of event files' write-ahead logs, off the event loop",
  };
  registry.addHistogram(sync, counts.sync);
  const faults = {
    name: "webhooker_storage_faults_total",
    help: "Failed writes and maintenance runs of event files",
  };
  registry.addCounter(faults, () => counts.storageFaults);
  const lost = {
    name: "webhooker_event_files_lost_total",
    help: "Webhooks whose event file was found missing",
  };
  registry.addCounter(lost, () => counts.eventFilesLost);
}

function addFiles(registry: MetricsRegistry, sources: MetricsSources): void {
  const { disk, files } = sources;
  const open = { name: "webhooker_open_event_files", help: "Open event files" };
  registry.addGauge(open, sources.openFiles);
  const most = { name: "webhooker_open_event_files_limit", help: "Maximum number of open event files" };
  registry.addGauge(most, () => sources.maxOpenFiles);
  const free = { name: "webhooker_disk_free_bytes", help: "Free space on the disk of the event files" };
  registry.addGauge(free, () => disk()?.freeBytes ?? null);
  const reserve = {
    name: "webhooker_disk_reserve_bytes",
    help: "Free space below which the gateway is not ready",
  };
  registry.addGauge(reserve, () => disk()?.reserveBytes ?? null);
  const mainDb = {
    name: "webhooker_main_database_bytes",
    help: "Size of the main database with its write-ahead log",
  };
  registry.addGauge(mainDb, async () => (await files())?.mainDb.bytes ?? null);
  const number = { name: "webhooker_event_files", help: "Number of event files" };
  registry.addGauge(number, async () => (await files())?.eventFiles.count ?? null);
  const size = {
    name: "webhooker_event_files_bytes",
    help: "Size of all event files with their write-ahead logs",
  };
  registry.addGauge(size, async () => (await files())?.eventFiles.bytes ?? null);
}

function addProgram(registry: MetricsRegistry, { counts, version, isReady }: MetricsSources): void {
  const lag = {
    name: "webhooker_event_loop_lag_seconds",
    help: "Delay of a timer that is set every 20 ms",
  };
  registry.addHistogram(lag, counts.eventLoopLag);
  const ready = { name: "webhooker_ready", help: "1 while /readyz reports ready, else 0" };
  registry.addGauge(ready, () => (isReady() ? 1 : 0));
  const build = {
    name: "webhooker_build_info",
    help: "Version of the gateway and of its runtime",
  };
  registry.addGauge(build, () => [[{ version, bun: Bun.version }, 1]]);
}

function attemptsOf(labels: Readonly<Record<string, string>>, of: Outcomes): Sample[] {
  return [
    [{ ...labels, outcome: "delivered" }, of.delivered],
    [{ ...labels, outcome: "failed" }, of.retried + of.failed],
  ];
}
